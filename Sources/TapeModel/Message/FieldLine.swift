/// One line of a header or trailer section as it was received: order, case and duplicates are kept (RFC 9110 §5).
///
/// Octets above 0x7F that are not UTF-8 are read as ISO 8859-1, one character an octet, and noted as an anomaly.
public struct FieldLine: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [FieldLine] {
    /// The values of every line whose name equals `name` without regard to ASCII case, in order.
    public func values(of name: String) -> [String] {
        var values: [String] = []
        for line in self where line.name.equalsIgnoringASCIICase(name) { values.append(line.value) }
        return values
    }

    /// The value of the first line called `name`, or nothing.
    public func first(_ name: String) -> String? {
        for line in self where line.name.equalsIgnoringASCIICase(name) { return line.value }
        return nil
    }
}

extension String {
    /// Field names and host names compare without regard to case, for ASCII letters only (RFC 9110 §5.1, §4.2.3).
    public func equalsIgnoringASCIICase(_ other: String) -> Bool {
        let left = utf8
        let right = other.utf8
        guard left.count == right.count else { return false }
        return left.elementsEqual(right) { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    /// This text with ASCII capitals made small; other characters are left alone.
    public var lowercasedASCII: String {
        guard utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return self }
        return String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self)
    }
}

extension UInt8 {
    public var lowercasedASCII: UInt8 {
        (0x41...0x5A).contains(self) ? self | 0x20 : self
    }
}
