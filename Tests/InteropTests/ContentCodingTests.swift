import Foundation
import Interop
import TestSupport
import Testing

/// Content codings against the programs that everybody has.
struct ContentCodingTests {
    private static let text = Array(
        (0..<400).map { "{\"code\":\"MANIFEST_UNKNOWN\",\"number\":\($0 * 7919 % 1000)}\n" }.joined().utf8)

    private func coded(_ octets: [UInt8], by script: String) async throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        try Data(octets).write(to: URL(filePath: directory.entry("plain")))
        let outcome = try await ChildProcess.run(
            "/bin/sh", ["-c", "cd \"$0\" && \(script) < plain > coded", directory.path], within: .seconds(30))
        #expect(outcome.ending == .exited(0), "\(outcome)")
        return Array(try Data(contentsOf: URL(filePath: directory.entry("coded"))))
    }

    @Test(arguments: ["gzip -1", "gzip -9", "gzip -N -c", "(gzip -1; printf abc | gzip)"])
    func `what gzip made comes back`(script: String) async throws {
        let octets = try await coded(Self.text, by: script)
        let found = try #require(ContentCoding.decoded(octets, encodings: ["gzip"], limit: 1 << 20))
        #expect(found.starts(with: Self.text))
        #expect(found.count - Self.text.count == (script.contains("abc") ? 3 : 0))
    }

    @Test(arguments: ["zlib.compress(d, 9)", "zlib.compress(d, 0)", "zlib.compress(d, 9)[2:-4]"])
    func `deflate is zlib's, and bare where a server means that`(expression: String) async throws {
        for content in [Self.text, [], Array("a".utf8), Array(repeating: 7, count: 70_000)] {
            let script =
                "python3 -c \"import sys, zlib; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(\(expression))\""
            let octets = try await coded(content, by: script)
            #expect(ContentCoding.decoded(octets, encodings: ["deflate"], limit: 1 << 20) == content)
        }
    }

    @Test func `codings are undone from the last to the first`() async throws {
        let octets = try await coded(Self.text, by: "(gzip -1 | gzip -1)")
        #expect(ContentCoding.decoded(octets, encodings: ["gzip", "identity, GZIP"], limit: 1 << 20) == Self.text)
        #expect(ContentCoding.decoded(octets, encodings: ["gzip, gzip, gzip"], limit: 1 << 20) == nil)
        #expect(ContentCoding.decoded(octets, encodings: ["zstd"], limit: 1 << 20) == nil)
        #expect(ContentCoding.decoded(Self.text, encodings: [], limit: 1 << 20) == Self.text)
    }

    @Test func `a small answer that bursts is refused at the limit`() async throws {
        let octets = try await coded(Array(repeating: 0, count: 10_000_000), by: "gzip -9")
        #expect(octets.count < 20_000)
        #expect(ContentCoding.decoded(octets, encodings: ["gzip"], limit: 1 << 20) == nil)
    }

    @Test func `no octets trap, whole, cut or changed`() async throws {
        let octets = try await coded(Self.text, by: "gzip -6")
        var generator = SeededGenerator(seed: 3)
        for length in stride(from: 0, to: octets.count, by: 7) {
            #expect(ContentCoding.decoded(Array(octets[..<length]), encodings: ["gzip"], limit: 1 << 16) == nil)
        }
        for _ in 0..<500 {
            var changed = octets
            for _ in 0..<3 {
                let place = Int.random(in: 10..<changed.count, using: &generator)
                changed[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
            let found = ContentCoding.decoded(changed, encodings: ["gzip"], limit: 1 << 16)
            #expect((found?.count ?? 0) <= 1 << 16)
            let noise = (0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = ContentCoding.decoded(noise, encodings: ["deflate"], limit: 1 << 16)
        }
    }
}
