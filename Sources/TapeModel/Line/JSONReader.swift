/// Reads JSON in one pass over bytes that anybody may have written (RFC 8259).
///
/// The trap is trust: a tape may come from a stranger. So nesting has a limit, nothing is indexed unchecked, time is
/// linear, and text that is no Unicode becomes U+FFFD instead of a crash: lone surrogates (RFC 8259 §8.2) and
/// octets that are not UTF-8.
struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Deeper than any document of a registry, shallower than any thread's stack.
    private static let depthLimit = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try self.value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw JSONError(.trailingOctets, at: position) }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        guard let octet = peek else { throw JSONError(.unexpectedEnd, at: position) }
        switch octet {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw JSONError(.unexpectedOctet, at: position)
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthLimit else { throw JSONError(.tooDeep, at: position) }
        position += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw unexpected }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected }
            members.append(JSONValue.Member(name, try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw unexpected }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthLimit else { throw JSONError(.tooDeep, at: position) }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw unexpected }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let start = position
        for expected in word.description.utf8 {
            guard take(expected) else { throw JSONError(.unexpectedOctet, at: start) }
        }
        return value
    }

    /// `-? int frac? exp?` (RFC 8259 §6); the digits are kept as they are.
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let octet = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) { position += 1 }
        guard position > start else { throw JSONError(.badNumber, at: position) }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text = JSONString(from: position)
        let string = try text.read(bytes.span)
        position = text.position
        return string
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var unexpected: JSONError {
        JSONError(position < bytes.count ? .unexpectedOctet : .unexpectedEnd, at: position)
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard peek == octet else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let octet = peek, octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 { position += 1 }
    }
}

extension UInt8 {
    /// What this octet is worth as an ASCII hexadecimal digit.
    var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
