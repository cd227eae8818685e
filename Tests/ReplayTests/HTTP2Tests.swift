import Replay
import TapeModel
import Testing

/// The server's HTTP/2 against clients that mean harm (RELIABILITY.md H1-H6), frame by frame and without TLS.
@Suite(.timeLimit(.minutes(3)))
struct HTTP2Tests {
    private static let opening = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, flags: 0, stream: 0, [])

    fileprivate static func frame(_ type: UInt8, flags: UInt8, stream: Int, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        var octets: [UInt8] = []
        for shift in [16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: count >> shift)) }
        octets += [type, flags]
        for shift in [24, 16, 8, 0] { octets.append(UInt8(truncatingIfNeeded: stream >> shift)) }
        return octets + payload
    }

    /// A request's header section: GET, http, this path and authority, as literals (RFC 7541 §6.2.2).
    fileprivate static func head(_ path: String, authority: String = "x", more: [(String, String)] = []) -> [UInt8] {
        var block: [UInt8] = [0x82, 0x86]
        block += [0x04, UInt8(path.utf8.count)] + Array(path.utf8)
        block += [0x01, UInt8(authority.utf8.count)] + Array(authority.utf8)
        for (name, value) in more {
            block += [0x00, UInt8(name.utf8.count)] + Array(name.utf8)
            block += [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        return block
    }

    fileprivate static func get(_ path: String, stream: Int, more: [(String, String)] = []) -> [UInt8] {
        frame(1, flags: 0x05, stream: stream, head(path, more: more))
    }

    private func expectServed(_ stage: ReplayStage) async throws {
        let next = try await RawClient.hear(
            from: stage.port, "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(next.hasPrefix("HTTP/1.1 200 "), "\(next)")
    }

    @Test func `streams of one connection are answered, each with its content`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port,
                [Self.opening, Self.get("/v2/", stream: 1), Self.get("/v2/app/tags/list", stream: 3)], until: #"["1"]}"#
            )
            #expect(heard.contains("{}") && heard.contains(#"["1"]}"#), "\(heard)")
        }
    }

    /// What a hostile client sends behind its preface.
    enum Attack: String, CaseIterable, Sendable {
        case continuation, resets, emptyData, pings, windowOverflow, badHeaderBlock

        var octets: [UInt8] {
            var octets: [UInt8] = []
            switch self {
            case .continuation:
                octets = HTTP2Tests.frame(1, flags: 0x01, stream: 1, HTTP2Tests.head("/v2/"))
                for _ in 0..<2_000 { octets += HTTP2Tests.frame(9, flags: 0, stream: 1, [0x40, 1, 0x61, 1, 0x62]) }
            case .resets:
                for number in 0..<2_000 {
                    octets += HTTP2Tests.get("/v2/", stream: number * 2 + 1)
                    octets += HTTP2Tests.frame(3, flags: 0, stream: number * 2 + 1, [0, 0, 0, 8])
                }
            case .emptyData:
                octets = HTTP2Tests.frame(1, flags: 0x04, stream: 1, HTTP2Tests.head("/v2/"))
                for _ in 0..<2_000 { octets += HTTP2Tests.frame(0, flags: 0, stream: 1, []) }
            case .pings:
                for _ in 0..<20_000 { octets += HTTP2Tests.frame(6, flags: 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0]) }
            case .windowOverflow:
                octets = HTTP2Tests.get("/v2/", stream: 1)
                for _ in 0..<2 { octets += HTTP2Tests.frame(8, flags: 0, stream: 0, [0x7F, 0xFF, 0xFF, 0xFF]) }
            case .badHeaderBlock: octets = HTTP2Tests.frame(1, flags: 0x05, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            }
            return octets
        }
    }

    @Test(arguments: Attack.allCases)
    func `ends the connection and hurts nobody else`(attack: Attack) async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            let heard = try await RawClient.hear(from: stage.port, [Self.opening, attack.octets])
            #expect(!heard.hasSuffix("…"), "\(attack) left the connection open")
            try await expectServed(stage)
        }
    }

    @Test(arguments: [
        ("/v2/ x", [("a", "b")]), ("/v2/\r\nA: b", []), ("v2", []), ("/v2/", [("a", "b\r\nc")]),
        ("/v2/", [("a\n", "b")]),
        ("/v2/", [("connection", "close")]), ("/v2/", [("transfer-encoding", "chunked")]),
        ("/v2/", [("host", "other")]),
        ("/v2/", [(":path", "/other")]),
    ])
    func `a request that means something else elsewhere is not answered`(
        path: String, more: [(String, String)]
    ) async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            // The connection ends with it, or its stream does and the next one is answered.
            let heard = try await RawClient.hear(
                from: stage.port,
                [
                    Self.opening, Self.get(path, stream: 1, more: more), Self.get("/v2/app/tags/list", stream: 3),
                ], until: #"["1"]}"#)
            #expect(!heard.contains("{}") && !heard.hasSuffix("…"), "\(heard)")
            try await expectServed(stage)
        }
    }

    @Test func `every type of frame in every state leaves the server standing`() async throws {
        try await ReplayStage.run([ReplayStage.ping]) { stage in
            for type in UInt8.min...UInt8.max where type < 16 || type % 16 == 0 {
                for flags in [0x00, 0x01, 0x04, 0x08, 0x20, 0xFF] as [UInt8] {
                    var odd: [UInt8] = []
                    for stream in [0, 1, 3] {
                        for count in [0, 1, 8] {
                            odd += Self.frame(
                                type, flags: flags, stream: stream, [UInt8](repeating: 0xFF, count: count))
                        }
                    }
                    _ = try await RawClient.hear(
                        from: stage.port, [Self.opening, Self.get("/v2/", stream: 1), odd], finishes: true)
                }
            }
            try await expectServed(stage)
        }
    }
}
