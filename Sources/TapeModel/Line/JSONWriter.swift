/// Writes JSON straight into octets, for records and for whatever else we say as JSON.
///
/// Commas are set by the writer, so that a caller names members and nothing more. The trap is the terminal: tapes are
/// read with `less` and `cat`, so no control character of a peer may stand in one raw. C0, DEL, C1 and the two line
/// ends that some readers know besides LF (U+2028, U+2029) are written as `\u` escapes.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    /// Begins with room for that many octets.
    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Begins a member of ours: `name` is written as it stands.
    public mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Begins a member whose name came from elsewhere.
    public mutating func name(foreign name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    public mutating func integer(_ value: Int64) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    public mutating func integer(_ value: Int) {
        integer(Int64(value))
    }

    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { escape($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let digits):
            separate()
            bytes.append(contentsOf: digits.utf8)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                name(foreign: member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Copies runs that need no escape as a whole; strings are nearly always one such run.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var run = 0
        var index = 0
        while index < text.count {
            let octet = text[index]
            if (0x20..<0x7F).contains(octet), octet != UInt8(ascii: "\""), octet != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            let (unit, length) = Self.mustEscape(text, at: index)
            guard let unit else {
                index += length
                continue
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run..<index]))
            append(escaped: unit)
            index += length
            run = index
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run..<text.count]))
    }

    /// The character at `index` where it must not stand raw, and how many octets it has.
    private static func mustEscape(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt16?, Int) {
        let octet = text[index]
        if octet < 0x80 { return (UInt16(octet), 1) }
        // C1 is C2 80...C2 9F; U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        if octet == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return (UInt16(text[index + 1]), 2) }
        if octet == 0xE2, index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 {
            return (0x2000 | UInt16(text[index + 2] & 0x3F), 3)
        }
        return (nil, 1)
    }

    private mutating func append(escaped unit: UInt16) {
        bytes.append(UInt8(ascii: "\\"))
        switch unit {
        case 0x22, 0x5C: bytes.append(UInt8(truncatingIfNeeded: unit))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(UInt8(ascii: "u"))
            for shift in [12, 8, 4, 0] as [UInt16] {
                bytes.append(Hexadecimal.digits[Int(unit >> shift & 0xF)])
            }
        }
    }
}
