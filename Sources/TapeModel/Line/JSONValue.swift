/// A JSON text as a value, for what is read back: order of members kept, numbers kept as they were written.
///
/// Foundation's reader is not used: it costs start-up time, loses member order, and rounds numbers. An object may
/// name a member twice (RFC 8259 §4 leaves that open); both are kept and the first one answers, here and in whatever
/// else reads a line with this type, so that no two of our readers disagree about it.
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// The digits as written: an identifier of twenty digits stays what it was.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// One name and its value within an object.
    public struct Member: Sendable, Hashable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The first member called `name`; nothing in anything that is not an object.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The element at `index`; nothing outside of an array's bounds.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    public var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The number where it is a whole one that fits into 64 bits and is written without fraction and exponent.
    public var int64: Int64? {
        guard case .number(let digits) = self else { return nil }
        return Int64(digits)
    }

    public var int: Int? {
        guard case .number(let digits) = self else { return nil }
        return Int(digits)
    }

    public var double: Double? {
        guard case .number(let digits) = self else { return nil }
        return Double(digits)
    }

    public var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    public var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    public var isNull: Bool { self == .null }
}

extension JSONValue {
    /// Reads one JSON text that fills `bytes` but for white space around it.
    ///
    /// Nesting is followed to 64 levels, which is more than any registry document has and less than any stack.
    /// - Throws: `JSONError` with the offset of the first octet that does not fit.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }

    /// Reads one JSON text; see `init(parsing: [UInt8])`.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// This value as compact JSON in which every control character is escaped; see `JSONWriter`.
    public var serialized: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}

/// Why some bytes are not a JSON text.
public struct JSONError: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable {
        case unexpectedEnd, unexpectedOctet, badNumber, badString, badEscape, tooDeep, trailingOctets
    }

    public var code: Code
    /// Octets before the one at fault.
    public var offset: Int

    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}
