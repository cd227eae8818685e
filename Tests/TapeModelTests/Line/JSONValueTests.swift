import TapeModel
import Testing

@Test(arguments: [
    ("null", JSONValue.null), (" [ ] ", .array([])), ("-0.5e+7", .number("-0.5e+7")),
    ("12345678901234567890123", .number("12345678901234567890123")),
    ("{\"b\":1,\"a\":true}", .object([.init("b", .number("1")), .init("a", .bool(true))])),
    ("\"a\\u00e4\\ud83d\\ude00\\n\\/\"", .string("a\u{e4}\u{1F600}\n/")),
])
func `a JSON text is read as it was written`(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
}

@Test(arguments: ["\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\u0041\"", "\"\\ud83d\\n\""])
func `a lone surrogate is read as U+FFFD`(text: String) throws {
    let read = try #require(try JSONValue(parsing: text).string)
    #expect(read.unicodeScalars.first == "\u{FFFD}")
}

@Test func `octets that are not UTF-8 are read as U+FFFD`() throws {
    #expect(try JSONValue(parsing: [0x22, 0xFF, 0x22]).string == "\u{FFFD}")
}

@Test func `of members with one name the first answers, and both are kept`() throws {
    let value = try JSONValue(parsing: "{\"a\":1,\"a\":2}")
    #expect(value["a"]?.int64 == 1)
    #expect(value.members?.count == 2)
    #expect(String(decoding: value.serialized, as: UTF8.self) == "{\"a\":1,\"a\":2}")
}

@Test(arguments: [
    "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "nul", "01", "-", "1.", "1e", "\"", "\"\\x\"",
    "\"\\u12\"",
    "1 2", "\"\n\"", "+1", "[}", "{\"a\":1,}",
])
func `what is no JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
}

@Test func `nesting is followed to 64 levels and no further`() throws {
    func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONValue(parsing: nested(64))
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
}

@Test func `no control character is written raw`() throws {
    let text =
        String(String.UnicodeScalarView((0..<0x100).compactMap { Unicode.Scalar($0) })) + "\u{2028}\u{2029}\u{2027}"
    let written = JSONValue.string(text).serialized
    let raw = String(decoding: written, as: UTF8.self).unicodeScalars
    #expect(raw.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0.value & 0xFFFE != 0x2028 })
    #expect(try JSONValue(parsing: written) == .string(text))
}
