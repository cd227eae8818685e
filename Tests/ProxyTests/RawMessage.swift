import TestSupport

/// A message as a plain reader of the standard's main road sees it.
///
/// Deliberately not the product's reader: two that agree say more than one that agrees with itself.
struct RawMessage: Sendable, Equatable {
    var startLine: String
    var fields: [String]
    var body: [UInt8]

    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var method: String { String(startLine.prefix { $0 != " " }) }
    var text: String { Latin1.text(body) }

    /// The value of the first field of that name.
    func value(_ name: String) -> String? {
        let wanted = name.lowercased() + ":"
        guard let line = fields.first(where: { $0.lowercased().hasPrefix(wanted) }) else { return nil }
        return String(line.dropFirst(wanted.count).drop { $0 == " " })
    }

    /// The whole requests in these octets, in order.
    static func requests(in octets: [UInt8]) -> [RawMessage] {
        var rest = octets[...]
        var found: [RawMessage] = []
        while let message = next(&rest, untilClose: false) { found.append(message) }
        return found
    }

    /// The whole final responses in these octets; interim ones are passed over.
    static func responses(in octets: [UInt8], to methods: [String]) -> [RawMessage] {
        var rest = octets[...]
        var found: [RawMessage] = []
        for method in methods {
            var message: RawMessage?
            repeat {
                let status = Int(Latin1.text(rest.dropFirst(9).prefix(3))) ?? 0
                let hasNoBody = method == "HEAD" || status < 200 || status == 204 || status == 304
                message = next(&rest, hasNoBody: hasNoBody, untilClose: true)
            } while message.map { (100..<200).contains($0.status) && $0.status != 101 } ?? false
            guard let message else { return found }
            found.append(message)
        }
        return found
    }

    /// Takes one message; nothing where it is not complete.
    private static func next(
        _ rest: inout ArraySlice<UInt8>, hasNoBody: Bool = false, untilClose: Bool
    ) -> RawMessage? {
        guard let headEnd = end(of: "\r\n\r\n", in: rest) else { return nil }
        var lines = Latin1.text(rest[rest.startIndex..<headEnd - 4]).split(
            separator: "\r\n", omittingEmptySubsequences: false
        ).map(String.init)
        var message = RawMessage(startLine: lines.removeFirst(), fields: lines, body: [])
        var behind = rest[headEnd...]
        if !hasNoBody {
            if message.value("transfer-encoding") != nil {
                guard let body = chunks(&behind) else { return nil }
                message.body = body
            } else if let length = message.value("content-length").flatMap({ Int($0) }) {
                guard behind.count >= length else { return nil }
                message.body = Array(behind.prefix(length))
                behind = behind.dropFirst(length)
            } else if untilClose {
                message.body = Array(behind)
                behind = []
            }
        }
        rest = behind
        return message
    }

    private static func chunks(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let lineEnd = end(of: "\r\n", in: rest) else { return nil }
            let digits = Latin1.text(rest[rest.startIndex..<lineEnd - 2]).prefix { $0 != ";" }
            guard let size = Int(digits, radix: 16) else { return nil }
            if size == 0 {
                // The last chunk's line end and the empty line after it, or trailers between them.
                let trailers = rest[(lineEnd - 2)...]
                guard let last = end(of: "\r\n\r\n", in: trailers) else { return nil }
                rest = rest[last...]
                return body
            }
            guard rest.endIndex - lineEnd >= size + 2 else { return nil }
            body += rest[lineEnd..<lineEnd + size]
            rest = rest[(lineEnd + size + 2)...]
        }
    }

    private static func end(of mark: String, in octets: ArraySlice<UInt8>) -> Int? {
        let mark = Array(mark.utf8)
        guard octets.count >= mark.count else { return nil }
        for start in octets.startIndex...(octets.endIndex - mark.count)
        where octets[start] == mark[0] && octets[start..<start + mark.count].elementsEqual(mark) {
            return start + mark.count
        }
        return nil
    }
}
