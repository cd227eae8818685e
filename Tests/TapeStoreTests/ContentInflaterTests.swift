import TapeModel
import TapeStore
import TestSupport
import Testing

struct ContentInflaterTests {
    /// The text in every coding: with zlib's wrapping and without it, made with Python's gzip and zlib; the zstd frame is
    /// one raw block (RFC 8878 §3.1.1).
    private static let plain = "hello hello hello hello\n"
    private static let samples: [(coding: String, hex: String)] = [
        ("gzip", "1f8b0800000000000203cb48cdc9c957c84027b9000088590b18000000"),
        ("x-gzip", "1f8b0800000000000203cb48cdc9c957c84027b9000088590b18000000"),
        ("deflate", "789ccb48cdc9c957c84027b90070be08bb"),
        ("deflate", "cb48cdc9c957c84027b900"),
        ("zstd", "28b52ffd2018c1000068656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f0a"),
        ("zstd, gzip", "1f8b0800000000000203d3d8aaff5741e2200343466a4e4ebe0206c90500c409781c21000000"),
    ]

    @Test(arguments: samples)
    func `every coding gives the text back`(coding: String, hex: String) throws {
        let octets = try #require(Hexadecimal.decode(hex))
        #expect(try text(octets, ContentInflater.codings(of: coding)) == Self.plain)
    }

    @Test(arguments: samples)
    func `a damaged or cut content is refused and nothing of it given`(coding: String, hex: String) throws {
        let octets = try #require(Hexadecimal.decode(hex))
        let codings = ContentInflater.codings(of: coding)
        for length in 1..<octets.count - 8 {
            #expect(throws: ContentInflater.Failure.self, "\(length)") {
                try ContentInflater.inflate(Array(octets[..<length]), codings: codings)
            }
        }
        for index in octets.indices {
            // No trap, whatever comes of it; a changed letter may inflate to another text.
            var changed = octets
            changed[index] ^= 0xFF
            _ = try? ContentInflater.inflate(changed, codings: codings)
        }
    }

    @Test func `codings are named as the field names them`() throws {
        #expect(ContentInflater.codings(of: " GZIP ,\tidentity, Zstd,") == ["gzip", "zstd"])
        #expect(try ContentInflater.inflate([1, 2], codings: []) == [1, 2])
        #expect(try ContentInflater.inflate([], codings: ["gzip"]) == [])
        let empty = try #require(Hexadecimal.decode("1f8b080000000000000303000000000000000000"))
        #expect(try ContentInflater.inflate(empty, codings: ["gzip"]) == [])
        #expect(throws: ContentInflater.Failure.unknownCoding) { try ContentInflater.inflate([1], codings: ["br"]) }
        #expect(throws: ContentInflater.Failure.tooManyCodings) {
            try ContentInflater.inflate([1], codings: ["gzip", "gzip", "gzip"])
        }
    }

    @Test func `content that is a gzip file by itself stays one`() async throws {
        let inner = try await gzip("printf abc | gzip -n")
        let outer = try await gzip("printf abc | gzip -n | gzip -n")
        #expect(try ContentInflater.inflate(outer, codings: ["gzip"]) == inner)
        #expect(try text(outer, ["gzip", "gzip"]) == "abc")
    }

    @Test func `a gzip bomb is refused at its limit`() async throws {
        // 64 MiB of zeros, and the same compressed twice: 200 octets.
        let bomb = try await gzip("head -c 67108864 /dev/zero | gzip -9n")
        #expect(throws: ContentInflater.Failure.tooLarge) { try ContentInflater.inflate(bomb, codings: ["gzip"]) }
        let limits = ContentInflater.Limits(length: 4 << 20, ratio: .max)
        #expect(throws: ContentInflater.Failure.tooLarge) {
            try ContentInflater.inflate(bomb, codings: ["gzip"], limits: limits)
        }
        let twice = try await gzip("head -c 67108864 /dev/zero | gzip -9n | gzip -9n")
        #expect(throws: ContentInflater.Failure.tooLarge) {
            try ContentInflater.inflate(twice, codings: ["gzip", "gzip"])
        }
        // What is merely dense is not refused: 64 MiB fit, where the ratio is not looked at.
        let whole = try ContentInflater.inflate(bomb, codings: ["gzip"], limits: .init(ratio: .max))
        #expect(whole.count == 67_108_864)
    }

    @Test func `a zstd bomb of 32,000 to 1 is refused at its limit`() {
        // A frame with a window of 128 KiB and blocks that repeat one octet (RFC 8878 §3.1.1).
        var bomb: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]
        let block = (128 << 10) << 3 | 1 << 1
        for _ in 0..<80_000 { bomb += [UInt8(block & 0xFF), UInt8(block >> 8 & 0xFF), UInt8(block >> 16), 0x41] }
        // 10 GiB.
        #expect(throws: ContentInflater.Failure.tooLarge) { try ContentInflater.inflate(bomb, codings: ["zstd"]) }
        let small = ContentInflater.Limits(length: 1 << 20, ratio: .max)
        #expect(throws: ContentInflater.Failure.tooLarge) {
            try ContentInflater.inflate(bomb, codings: ["zstd"], limits: small)
        }
    }

    private func text(_ octets: [UInt8], _ codings: [String]) throws -> String {
        String(decoding: try ContentInflater.inflate(octets, codings: codings), as: UTF8.self)
    }

    private func gzip(_ command: String) async throws -> [UInt8] {
        try await ChildProcess.run("/bin/sh", ["-c", command]).output
    }
}
