/// Takes everything that is not known to be harmless out of octets that could not be read as a message.
///
/// Their fields cannot be told apart for certain: a line may be folded, lack its colon, or belong to a body. So a line
/// stays only where it is the first line of a message, a chunk size, or a field of the allow-list.
extension Masker {
    func raw(_ octets: [UInt8]) -> [UInt8] {
        var isFirst = true
        let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> [UInt8] in
            defer { isFirst = false }
            let hasReturn = line.last == 0x0D
            let kept = rawLine(hasReturn ? line.dropLast() : line, isFirst: isFirst)
            return hasReturn ? kept + [0x0D] : kept
        }
        return text(Array(lines.joined(separator: [0x0A])))
    }

    private func rawLine(_ line: ArraySlice<UInt8>, isFirst: Bool) -> [UInt8] {
        if line.isEmpty { return [] }
        if let first = isFirst ? firstLine(line) : nil { return first }
        if line.count <= 16, line.allSatisfy({ $0.hexadecimalDigit != nil }) { return Array(line) }
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
            line[..<colon].allSatisfy({ $0.isTokenOctet })
        else {
            // A name with blanks around it is worth seeing, for it is what is wrong.
            if let colon = line.firstIndex(of: 0x3A), colon - line.startIndex <= 40,
                line[..<colon].allSatisfy({ $0.isTokenOctet || $0 == 0x20 || $0 == 0x09 })
            {
                return line[...colon] + [0x20] + Array(mask("field", line[(colon + 1)...]).utf8)
            }
            return Array(mask("line", line).utf8)
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercasedASCII
        let value = line[(colon + 1)...]
        if FieldAllowList.keeps(name, value: value), !value.contains(0x0D) { return Array(line) }
        return line[...colon] + [0x20] + Array(mask("field", value).utf8)
    }

    /// `METHOD target HTTP/x`, or as much of it as there is, or `HTTP/x status reason`.
    private func firstLine(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard let method = words.first else { return nil }
        if Self.isVersion(method), words.count > 1, words[1].count <= 3, line.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            return Array(line)
        }
        guard !method.isEmpty, method.count <= 20, method.allSatisfy({ (0x41...0x5A).contains($0) }), words.count > 1
        else { return nil }
        var kept = Array(method) + [0x20] + target(words[1])
        for word in words.dropFirst(2) {
            kept.append(0x20)
            kept += Self.isVersion(word) ? Array(word) : Array(mask("word", word).utf8)
        }
        return kept
    }

    private func target(_ word: ArraySlice<UInt8>) -> [UInt8] {
        guard word.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return Array(mask("target", word).utf8) }
        guard let mark = word.firstIndex(where: { $0 == 0x3F || $0 == 0x23 }) else { return Array(word) }
        return word[...mark] + Array(mask("query", word[(mark + 1)...]).utf8)
    }

    private static func isVersion(_ word: ArraySlice<UInt8>) -> Bool {
        word.count <= 8 && word.starts(with: "HTTP/".utf8)
            && word.dropFirst(5).allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
    }
}
