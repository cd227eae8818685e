import TapeModel
import Testing

/// Strings are written and read eight octets at a time; these look at what stands where words begin and end.
struct JSONStringTests {
    @Test func `every character survives at every place of a word`() throws {
        let scalars = (0..<0x180).map { UInt32($0) } + [0x7FF, 0x800, 0x2027, 0x2028, 0x2029, 0x202A, 0xFFFD, 0x1F600]
        for scalar in scalars.compactMap(Unicode.Scalar.init) {
            for before in 0..<18 {
                let text = String(repeating: "a", count: before) + String(Character(scalar))
                for text in [text, text + String(repeating: "z", count: 17 - before)] {
                    let written = JSONValue.string(text).serialized
                    #expect(try JSONValue(parsing: written) == .string(text), "\(scalar.value) at \(before)")
                    let isInert = written.allSatisfy { (0x20..<0x7F).contains($0) || $0 >= 0x80 }
                    #expect(isInert, "\(scalar.value) at \(before)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 7, 8, 9, 64])
    func `text longer than any buffer survives`(distance: Int) throws {
        for special in ["\"", "\\", "\n", "\u{1}", "\u{9F}", "ä", "\u{2028}", "\u{1F600}"] {
            let run = String(repeating: "x", count: distance - 1) + special
            let text = String(repeating: run, count: 20_000 / distance)
            #expect(try JSONValue(parsing: JSONValue.string(text).serialized) == .string(text))
        }
    }

    @Test func `a string that breaks off anywhere is refused`() throws {
        let whole = Array(#""0123456\"89abcd\\\u00e4ef\ud83d\ude00gh\nijklmnop\/""#.utf8)
        _ = try JSONValue(parsing: whole)
        for length in 0..<whole.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(whole[..<length])) }
        }
    }

    @Test func `a control character within a string is refused at its place`() throws {
        for place in 0..<20 {
            var octets = Array("\"".utf8) + [UInt8](repeating: 0x61, count: 20) + Array("\"".utf8)
            octets[place + 1] = 0x1F
            #expect(throws: JSONError(.badString, at: place + 1)) { try JSONValue(parsing: octets) }
        }
    }
}

@Test func `octets in one piece are written in hexadecimal as any others are`() {
    let bytes = (0...255).map { UInt8($0) }
    let text = bytes.withUnsafeBytes { Hexadecimal.encode($0) }
    #expect(text == Hexadecimal.encode(bytes.lazy.map(\.self)) && Hexadecimal.decode(text) == bytes)
    #expect([UInt8]().withUnsafeBytes { Hexadecimal.encode($0) }.isEmpty)
}
