import Foundation
import Listener
import NIOCore
import Replay
import TapeModel
import TestSupport
import Testing

/// Clients that do not go on (RELIABILITY.md D1, H5): the limits are those of the server, in a shorter measure.
@Suite(.timeLimit(.minutes(3)))
struct PatienceTests {
    private static var short: ServerPatience {
        var patience = ServerPatience()
        patience.beat = .milliseconds(40)
        patience.opening = .milliseconds(120)
        return patience
    }

    @Test func `nobody is waited for longer than 30 seconds for a request, and 60 for taking an answer`() {
        let patience = ServerPatience()
        #expect(patience.opening <= .seconds(30))
        #expect(patience.longest(patience.beatsForRequest) <= .seconds(30))
        #expect(patience.longest(patience.beatsForAnswer) <= .seconds(60))
        // Docker keeps an idle connection for 90 seconds, and must not find it closed while it sends.
        #expect(patience.beat * patience.beatsIdle > .seconds(90))
        #expect(patience.draining <= .seconds(1))
    }

    /// What a client says before it says no more.
    enum Silence: String, CaseIterable, Sendable {
        case nothing, onePrefaceOctet, mostOfThePreface, prefaceOnly, frameHeader, headersWithoutEnd, streamWithoutEnd
        case startLine, halfAHead, halfABody, halfAChunk, tunnel, tunnelWithHalfAHello, tunnelWithHalfAPreface

        var isForProxy: Bool { rawValue.hasPrefix("tunnel") }

        var octets: [UInt8] {
            let connect = Array("CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n\r\n".utf8)
            switch self {
            case .nothing: return []
            case .onePrefaceOctet: return Array(RawHTTP2.preface.prefix(1))
            case .mostOfThePreface: return Array(RawHTTP2.preface.prefix(23))
            case .prefaceOnly: return RawHTTP2.preface
            case .frameHeader: return RawHTTP2.opening + RawHTTP2.get("/v2/", stream: 1).prefix(9)
            case .headersWithoutEnd: return RawHTTP2.opening + RawHTTP2.frame(1, flags: 1, stream: 1, [0x82])
            case .streamWithoutEnd:
                return RawHTTP2.opening
                    + RawHTTP2.request(
                        "POST", "/v2/app/blobs/uploads/?digest=\(CountedBody.digest)", stream: 1, isEnd: false)
            case .startLine: return Array("GET /v2/".utf8)
            case .halfAHead: return Array("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ".utf8)
            case .halfABody:
                return Array(
                    "POST /v2/app/blobs/uploads/?digest=\(CountedBody.digest) HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
                        .utf8)
            case .halfAChunk:
                return Array(
                    "POST /v2/app/blobs/uploads/?digest=\(CountedBody.digest) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab"
                        .utf8)
            case .tunnel: return connect
            case .tunnelWithHalfAHello: return connect + [22, 3, 1, 2, 0, 1, 0, 1]
            case .tunnelWithHalfAPreface: return connect + RawHTTP2.preface.prefix(20)
            }
        }
    }

    private static var writable: ReplayMachine.Options {
        var options = ReplayMachine.Options()
        options.isWritable = true
        return options
    }

    @Test(arguments: Silence.allCases)
    func `a client that says no more is given up`(silence: Silence) async throws {
        try await ReplayStage.run([ReplayStage.ping], options: Self.writable, patience: Self.short) { stage in
            let heard = try await RawSocket.use(silence.isForProxy ? stage.proxyPort : stage.port) { socket in
                socket.send(silence.octets)
                let heard = socket.hear { silence == .streamWithoutEnd && HTTP2Heard($0).areOver([1]) }
                return (HTTP2Heard(heard.octets), heard.isOpen)
            }
            if silence == .streamWithoutEnd {
                #expect(heard.0.answers[1]?.resetCode == 8, "\(heard)")
            } else {
                #expect(!heard.1, "\(silence) kept its connection")
            }
            #expect(try await stage.servesNextClient())
        }
    }

    /// What a client sends again and again, never to come to an end.
    enum Dripping: String, CaseIterable, Sendable {
        case head, body, chunks, frame, content, pings

        var start: [UInt8] {
            let post = "POST /v2/app/blobs/uploads/?digest=\(CountedBody.digest) HTTP/1.1\r\nHost: x\r\n"
            switch self {
            case .head: return Array("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ".utf8)
            case .body: return Array((post + "Content-Length: 100000000\r\n\r\n").utf8)
            case .chunks: return Array((post + "Transfer-Encoding: chunked\r\n\r\n").utf8)
            case .frame: return RawHTTP2.opening + [0, 64, 0, 1, 5, 0, 0, 0, 1]
            case .content, .pings:
                return RawHTTP2.opening
                    + RawHTTP2.request(
                        "POST", "/v2/app/blobs/uploads/?digest=\(CountedBody.digest)", stream: 1, isEnd: false)
            }
        }

        var drop: [UInt8] {
            switch self {
            case .head, .body, .frame: [0x61]
            case .chunks: Array("1\r\na\r\n".utf8)
            case .content: RawHTTP2.frame(0, stream: 1, [0x61])
            case .pings: RawHTTP2.frame(6, [0, 0, 0, 0, 0, 0, 0, 0])
            }
        }
    }

    @Test(arguments: Dripping.allCases)
    func `a client that sends drop by drop is given up`(dripping: Dripping) async throws {
        try await ReplayStage.run([ReplayStage.ping], options: Self.writable, patience: Self.short) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(dripping.start)
                // A drop each time that the socket has nothing to say within 10 ms, until the server has had enough.
                var heard: [UInt8] = []
                for _ in 0..<1_500 {
                    switch socket.receive(within: 10) {
                    case .octets(let octets): heard += octets
                    case .silence: break
                    case .closed: return (HTTP2Heard(heard), false)
                    }
                    if HTTP2Heard(heard).answers[1]?.resetCode != nil { return (HTTP2Heard(heard), false) }
                    if !socket.send(dripping.drop) { return (HTTP2Heard(heard), false) }
                }
                return (HTTP2Heard(heard), true)
            }
            #expect(!isOpen, "\(dripping) kept its connection: \(heard)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `a client that asks little and often keeps its connection`() async throws {
        var patience = Self.short
        patience.beat = .milliseconds(10)
        patience.beatsIdle = 20
        try await ReplayStage.run([ReplayStage.ping], patience: patience) { stage in
            // Longer than an idle connection is kept, by a clock that is not the server's.
            let answered = try await RawSocket.use(stage.port) { socket in
                var answered = 0
                for _ in 0..<60 {
                    _ = socket.receive(within: 10)
                    guard socket.send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n") else { break }
                    let heard = socket.hear { $0.suffix(2).elementsEqual("{}".utf8) }
                    guard heard.isOpen else { break }
                    answered += 1
                }
                return answered
            }
            #expect(answered == 60)
        }
    }

    @Test(arguments: [false, true])
    func `a client that does not take its answer is given up`(isHTTP2: Bool) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.entry("body")
        let length = 64 << 20
        try Data(count: length).write(to: URL(filePath: path))
        let sha256 = String(repeating: "c", count: 64)
        let target = "/v2/app/blobs/sha256:\(sha256)"
        let blob = ReplayStage.exchange("GET", target, file: (sha256, Int64(length)))
        try await ReplayStage.run(
            [ReplayStage.ping, blob], bodies: FileBodies([sha256: path]), patience: Self.short
        ) { stage in
            let server = stage.server
            let (count, isEnded) = try await RawSocket.use(stage.port, receiveBuffer: 4_096) { socket in
                if isHTTP2 {
                    socket.send(RawHTTP2.preface + RawHTTP2.settings([(4, 0)]) + RawHTTP2.get(target, stream: 1))
                    let heard = socket.hear(streams: [1]).0
                    return (heard.answers[1]?.content.count ?? 0, heard.answers[1]?.resetCode == 8)
                }
                socket.send("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
                // A little is taken, and then nothing until the server has nothing of us any more.
                let start = socket.receive()
                guard case .octets(let first) = start else { return (length, false) }
                while server.openConnections > 0 { Thread.sleep(forTimeInterval: 0.005) }
                let heard = socket.hear()
                return (first.count + heard.octets.count, !heard.isOpen)
            }
            #expect(isEnded && count < length / 2, "\(count)")
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `a connection behind TLS has the same limits`() async throws {
        let directory = try TemporaryDirectory()
        let authority = try CertificateAuthority.open(in: directory.path + "/ca", at: RecordingClock().now())
        try await ReplayStage.run(
            [ReplayStage.ping], patience: Self.short, leaves: LeafContexts(authority: authority, keyLog: nil)
        ) { stage in
            // A whole ClientHello, and no more: the handshake is never finished.
            let hello = try TLSHello.octets()
            let isOpen = try await RawSocket.use(stage.proxyPort) { socket in
                socket.send("CONNECT registry.test:443 HTTP/1.1\r\nHost: registry.test:443\r\n\r\n")
                socket.send(hello)
                return socket.hear().isOpen
            }
            #expect(!isOpen)
            #expect(try await stage.servesNextClient())
        }
    }
}
