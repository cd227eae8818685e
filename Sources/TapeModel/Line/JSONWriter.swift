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
        escape(value.utf8.span)
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

    /// Octets that are escaped before they are appended together.
    ///
    /// An append for each run between two quotes would cost more than its octets; and what is larger than this, the runtime
    /// takes from the heap instead of the stack.
    private static let roomSize = 1_024
    /// What one step may write at most: a word, and an escape behind it.
    private static let longestStep = 16

    private mutating func escape(_ text: Span<UInt8>) {
        var index = 0
        while let word = text.bytes.word(at: index), PlainText.writableOctets(in: word) == 8 { index += 8 }
        while index < text.count, Self.isWritable(text[index]) { index += 1 }
        text.extracting(..<index).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        while index < text.count {
            withUnsafeTemporaryAllocation(byteCount: Self.roomSize, alignment: 8) { room in
                var filled = 0
                while index < text.count, filled <= Self.roomSize - Self.longestStep {
                    if let word = text.bytes.word(at: index) {
                        room.storeBytes(of: word.littleEndian, toByteOffset: filled, as: UInt64.self)
                        let plain = PlainText.writableOctets(in: word)
                        index += plain
                        filled += plain
                        if plain == 8 { continue }
                    }
                    let octet = text[index]
                    if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") {
                        room[filled] = UInt8(ascii: "\\")
                        room[filled + 1] = octet
                        filled += 2
                        index += 1
                        continue
                    }
                    let (unit, length) = Self.mustEscape(text, at: index)
                    if let unit {
                        filled += Self.write(escaped: unit, to: room, at: filled)
                    } else {
                        room[filled] = text[index]
                        filled += 1
                    }
                    index += length
                }
                bytes.append(contentsOf: room[..<filled])
            }
        }
    }

    private static func isWritable(_ octet: UInt8) -> Bool {
        (0x20..<0x7F).contains(octet) && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }

    /// The character at `index` where it must not stand raw, and how many octets it has.
    private static func mustEscape(_ text: Span<UInt8>, at index: Int) -> (UInt16?, Int) {
        let octet = text[index]
        if isWritable(octet) { return (nil, 1) }
        if octet < 0x80 { return (UInt16(octet), 1) }
        // C1 is C2 80...C2 9F; U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        if octet == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return (UInt16(text[index + 1]), 2) }
        if octet == 0xE2, index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 {
            return (0x2000 | UInt16(text[index + 2] & 0x3F), 3)
        }
        return (nil, 1)
    }

    /// Writes an escape and says how many octets it has, six at most.
    private static func write(escaped unit: UInt16, to room: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        room[start] = UInt8(ascii: "\\")
        switch unit {
        case 0x22, 0x5C: room[start + 1] = UInt8(truncatingIfNeeded: unit)
        case 0x0A: room[start + 1] = UInt8(ascii: "n")
        case 0x0D: room[start + 1] = UInt8(ascii: "r")
        case 0x09: room[start + 1] = UInt8(ascii: "t")
        default:
            room[start + 1] = UInt8(ascii: "u")
            for digit in 0..<4 {
                room[start + 2 + digit] = Hexadecimal.digits[Int(unit >> UInt16(12 - 4 * digit) & 0xF)]
            }
            return 6
        }
        return 2
    }
}
