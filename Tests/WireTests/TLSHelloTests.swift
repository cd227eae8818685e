import Foundation
import TestSupport
import Testing
import Wire

/// Hellos of real programs, whole, cut anywhere, cut short and damaged (fixtures/wire/tls).
struct TLSHelloTests {
    struct Expected: Sendable {
        let name: String
        var sni: String? = "registry.regtape.test"
        var alpn: [String] = ["h2", "http/1.1"]
        var offers13 = true
        var version = "TLSv1.3"
        let cipher: String
        var clearALPN: String?
    }

    static let cases = [
        Expected(name: "openssl-tls13", cipher: "TLS_AES_256_GCM_SHA384"),
        Expected(
            name: "openssl-tls12", alpn: ["http/1.1"], offers13: false, version: "TLSv1.2",
            cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", clearALPN: "http/1.1"),
        Expected(name: "openssl-retry", alpn: [], cipher: "TLS_AES_128_GCM_SHA256"),
        Expected(name: "openssl-no-sni", sni: nil, alpn: [], cipher: "TLS_AES_256_GCM_SHA384"),
        // nginx 1.22 speaks TLS 1.2 at most unless told otherwise.
        Expected(
            name: "curl-nginx", version: "TLSv1.2", cipher: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            clearALPN: "h2"),
        Expected(
            name: "nghttp-nginx", sni: nil, alpn: ["h2", "h2-16", "h2-14"], version: "TLSv1.2",
            cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", clearALPN: "h2"),
        Expected(name: "skopeo-registry", sni: "localhost", alpn: [], cipher: "TLS_AES_128_GCM_SHA256"),
    ]

    @Test(arguments: cases)
    func `both hellos of a real connection are read`(expected: Expected) throws {
        let client = try #require(Self.client(Self.octets(expected.name, "client")))
        #expect(client.sni == expected.sni)
        #expect(client.alpn == expected.alpn)
        #expect(client.versions.contains("TLSv1.3") == expected.offers13)
        #expect(client.ciphers.contains(expected.cipher))
        let server = try #require(Self.server(Self.octets(expected.name, "server")))
        #expect(server.version == expected.version)
        #expect(server.cipher == expected.cipher)
        #expect(server.alpn == expected.clearALPN)
    }

    @Test(arguments: cases)
    func `a hello that has not arrived in full is waited for`(expected: Expected) throws {
        let client = try Self.octets(expected.name, "client")
        let server = try Self.octets(expected.name, "server")
        // The answer may come with the first octet that completes the hello, and must not change afterwards.
        try Self.expectGrowing(client) { ClientHello.parse($0.span) }
        try Self.expectGrowing(server) { ServerHello.parse($0.span) }
    }

    @Test(arguments: cases)
    func `a hello that is spread over many records is the same hello`(expected: Expected) throws {
        var generator = SeededGenerator(seed: 2)
        let client = try Self.octets(expected.name, "client")
        let server = try Self.octets(expected.name, "server")
        for longest in [1, 7, 200] {
            let pieces = Self.fragmented(client, upTo: longest, using: &generator)
            #expect(Self.client(pieces) == Self.client(client))
            let answer = Self.fragmented(server, upTo: longest, using: &generator)
            #expect(Self.server(answer) == Self.server(server))
        }
    }

    /// What this proves is that the process is alive at the end: octets of a peer must never trap.
    @Test(arguments: cases)
    func `a damaged hello is refused or read, never fatal`(expected: Expected) throws {
        var generator = SeededGenerator(seed: 3)
        for side in ["client", "server"] {
            let original = try Self.octets(expected.name, side)
            var outcomes: [String: Int] = [:]
            for _ in 0..<4_000 {
                var octets = original
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: 0..<min(octets.count, 400), using: &generator)
                    octets[index] = UInt8.random(in: .min ... .max, using: &generator)
                }
                let length = Int.random(in: 0...octets.count, using: &generator)
                let cut = Array(octets.prefix(Bool.random(using: &generator) ? length : octets.count))
                outcomes[side == "client" ? Self.word(ofClient: cut) : Self.word(ofServer: cut), default: 0] += 1
            }
            // Each outcome is reached, so the damage was neither harmless nor total.
            #expect(Set(outcomes.keys) == ["hello", "malformed", "needMore", "notTLS"], "\(outcomes)")
        }
    }

    @Test func `what is no TLS is known from its first octet`() {
        for text in ["GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "\u{16}GET"] {
            #expect(Self.word(ofClient: Array(text.utf8)) == "notTLS")
        }
        #expect(Self.word(ofClient: [22]) == "needMore")
        #expect(Self.word(ofClient: []) == "needMore")
        // An alert in place of the server's hello.
        #expect(Self.word(ofServer: [21, 3, 3, 0, 2, 2, 40]) == "notTLS")
        // A length that no honest hello has.
        #expect(Self.word(ofClient: [22, 3, 1, 0, 5, 1, 0xFF, 0xFF, 0xFF, 3]) == "malformed")
    }
}

extension TLSHelloTests {
    private static func octets(_ name: String, _ side: String) throws -> [UInt8] {
        let text = try String(
            contentsOfFile: RepositoryRoot.path("fixtures/wire/tls/\(name).\(side).hex"), encoding: .utf8)
        let digits = Array(text.utf8.filter { $0 != 0x0A })
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
        }
    }

    private static func hello<Hello>(_ outcome: HelloParse<Hello>) -> Hello? {
        if case .hello(let hello) = outcome { hello } else { nil }
    }

    private static func client(_ octets: [UInt8]) -> ClientHello? { hello(ClientHello.parse(octets.span)) }

    private static func server(_ octets: [UInt8]) -> ServerHello? { hello(ServerHello.parse(octets.span)) }

    private static func word(ofClient octets: [UInt8]) -> String { word(ClientHello.parse(octets.span)) }

    private static func word(ofServer octets: [UInt8]) -> String { word(ServerHello.parse(octets.span)) }

    private static func word<Hello>(_ outcome: HelloParse<Hello>) -> String {
        switch outcome {
        case .needMore: "needMore"
        case .notTLS: "notTLS"
        case .malformed: "malformed"
        case .hello: "hello"
        }
    }

    private static func expectGrowing<Hello: Equatable>(
        _ octets: [UInt8], _ parse: ([UInt8]) -> HelloParse<Hello>
    ) throws {
        let whole = try #require(hello(parse(octets)))
        var isComplete = false
        for length in 0...octets.count {
            let outcome = parse(Array(octets.prefix(length)))
            if let found = hello(outcome) {
                #expect(found == whole, "after \(length) octets")
                isComplete = true
            } else {
                #expect(!isComplete && word(outcome) == "needMore", "after \(length) octets")
            }
        }
    }

    /// The first record's content, cut into records of random length.
    private static func fragmented(
        _ octets: [UInt8], upTo longest: Int, using generator: inout SeededGenerator
    ) -> [UInt8] {
        let length = Int(octets[3]) << 8 | Int(octets[4])
        return octets[5..<5 + length].split(upTo: longest, using: &generator).flatMap { piece in
            [22, 3, 1, UInt8(piece.count >> 8), UInt8(piece.count & 0xFF)] + piece
        }
    }
}
