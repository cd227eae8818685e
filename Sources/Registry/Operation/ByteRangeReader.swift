extension ByteRange {
    /// Reads `Range: bytes=0-99` (RFC 9110 §14.1.2) or an upload's `Range: 0-99`; of several ranges the first.
    ///
    /// A suffix range, `-5`, has no `first`. Nothing where it cannot be read.
    public init?(range text: String) {
        self.init(text, unitEnd: 0x3D)
    }

    /// Reads `Content-Range: bytes 0-99/200` (RFC 9110 §14.4), `bytes */200`, and an upload's `0-99` (end-5).
    public init?(contentRange text: String) {
        self.init(text, unitEnd: 0x20)
    }

    /// Both forms take both separators: clients confuse them, and that is worth seeing rather than losing.
    private init?(_ text: String, unitEnd: UInt8) {
        var rest = Array(text.utf8.prefix(Self.longest))[...]
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
        let unit = rest.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
        if !unit.isEmpty {
            guard unit.map(\.lowercased).elementsEqual("bytes".utf8) else { return nil }
            rest = rest.dropFirst(unit.count).drop { $0 == unitEnd || $0 == 0x20 || $0 == 0x3D }
        }
        rest = rest.prefix { $0 != 0x2C }
        let slash = rest.firstIndex(of: 0x2F) ?? rest.endIndex
        let total = slash < rest.endIndex ? Self.number(rest[(slash + 1)...]) : nil
        let span = rest[..<slash]
        if span.first == 0x2A {
            self.init(first: nil, last: nil, total: total, hasUnit: !unit.isEmpty)
            return
        }
        guard let dash = span.firstIndex(of: 0x2D) else { return nil }
        let first = Self.number(span[..<dash])
        let last = Self.number(span[(dash + 1)...])
        guard first != nil || last != nil else { return nil }
        self.init(first: first, last: last, total: total, hasUnit: !unit.isEmpty)
    }

    /// Twice twenty digits, a unit and what separates them.
    private static let longest = 128

    private static func number(_ octets: ArraySlice<UInt8>) -> Int64? {
        let digits = octets.filter { $0 != 0x20 && $0 != 0x09 }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
