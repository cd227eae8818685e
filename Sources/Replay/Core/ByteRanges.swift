/// The ranges that a request asks of a content of known length (RFC 9110 §14.1.2, §14.2).
enum ByteRanges: Equatable {
    /// No `Range`, or one that is to be ignored.
    case whole
    case ranges([Range<Int64>])
    case unsatisfiable

    init(_ field: String, length: Int64) {
        self = .whole
        guard field.utf8.count <= Self.longest else { return }
        let text = field.filter { $0 != " " && $0 != "\t" }
        guard text.lowercased().hasPrefix("bytes=") else { return }
        let specs = text.dropFirst(6).split(separator: ",")
        guard !specs.isEmpty, specs.count <= Self.most else { return }
        var ranges: [Range<Int64>] = []
        for spec in specs {
            guard let dash = spec.firstIndex(of: "-") else { return }
            let first = spec[..<dash]
            let last = spec[spec.index(after: dash)...]
            guard (first + last).utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return }
            if first.isEmpty {
                guard !last.isEmpty else { return }
                let count = min(Int64(last) ?? .max, length)
                if count > 0 { ranges.append((length - count)..<length) }
            } else {
                guard let start = Int64(first) else { continue }
                let end = last.isEmpty ? length - 1 : Int64(last) ?? .max
                guard end >= start || last.isEmpty else { return }
                if start < length { ranges.append(start..<(min(end, length - 1) + 1)) }
            }
        }
        guard !ranges.isEmpty else {
            self = .unsatisfiable
            return
        }
        // Many ranges that lie over one another are an attack, not a question (RFC 9110 §17.15).
        var total: Int64 = 0
        for range in ranges { total = total.addingReportingOverflow(range.upperBound - range.lowerBound).partialValue }
        self = ranges.count > 1 && (total > length || total < 0) ? .whole : .ranges(ranges)
    }

    private static let longest = 4_096
    private static let most = 64
}
