import TapeModel

extension Pagination {
    /// Reads the page that a list is (distribution-spec, listing tags; Docker's catalogue; Azure's lists).
    init(_ url: TargetURL, fields: [FieldLine], content: [UInt8]?) {
        requested = url[parameter: "n"].flatMap { Int($0) }
        let json = content.flatMap { try? JSONValue(parsing: $0) }
        count = ["tags", "repositories", "manifests"].lazy.compactMap { json?[$0]?.array?.count }.first
        for line in fields where line.name.equalsIgnoringASCIICase("link") {
            guard let target = LinkReader.next(in: line.value) else { continue }
            link = target
            next = url.resolving(target)
            return
        }
    }
}

/// Reads `Link` (RFC 8288 §3): several links to a field, several relations to a link, quotes or none.
enum LinkReader {
    /// A field of megabytes is not looked through.
    private static let longestField = 65_536

    /// Target of the first link whose relation is `next`.
    static func next(in value: String) -> String? {
        guard value.utf8.count <= longestField else { return nil }
        var rest = Array(value.utf8)[...]
        while !rest.isEmpty {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
            let target: ArraySlice<UInt8>
            if rest.first == 0x3C {
                let end = rest.firstIndex(of: 0x3E) ?? rest.endIndex
                target = rest[..<end].dropFirst()
                rest = rest[end...].dropFirst()
            } else {
                // Some servers forget the angle brackets.
                target = rest.prefix { $0 != 0x3B && $0 != 0x2C }
                rest = rest.dropFirst(target.count)
            }
            var isNext = false
            while true {
                rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
                guard rest.first == 0x3B else { break }
                if parameter(&rest) { isNext = true }
            }
            rest = rest.drop { $0 != 0x2C }
            if isNext, !target.isEmpty { return String(decoding: target, as: UTF8.self).trimmingBlanks }
        }
        return nil
    }

    /// - Returns: whether it is `rel` with `next` among its words.
    private static func parameter(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
        let name = rest.prefix { $0 != 0x3D && $0 != 0x3B && $0 != 0x2C }
        rest = rest.dropFirst(name.count)
        guard rest.first == 0x3D else { return false }
        rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
        let value: ArraySlice<UInt8>
        if let quote = rest.first, quote == 0x22 || quote == 0x27 {
            value = rest.dropFirst().prefix { $0 != quote }
            rest = rest.dropFirst(value.count + 2)
        } else {
            value = rest.prefix { $0 != 0x3B && $0 != 0x2C }
            rest = rest.dropFirst(value.count)
        }
        guard String(decoding: name, as: UTF8.self).trimmingBlanks.equalsIgnoringASCIICase("rel") else { return false }
        return value.split { $0 == 0x20 || $0 == 0x09 }
            .contains { String(decoding: $0, as: UTF8.self).equalsIgnoringASCIICase("next") }
    }
}
