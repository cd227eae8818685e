import Foundation
import TapeModel
import TestSupport
import Testing

/// Tunnels with real programs at both ends: what they see, and what the tape says of it.
@Suite(.timeLimit(.minutes(5)))
struct TunnelTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    // MARK: What is opened and what is not

    @Test func `the record of a connection has version and cipher of both legs`() async throws {
        let origin = try await OddOrigin.start(chain: "good-intermediate")
        let recording = try await Recording.startForChains(in: directory)
        let answer = try await recording.curl(
            ["--tls-max", "1.2", "https://registry.regtape.test/", "https://registry.regtape.test/?2"], to: origin.port)
        #expect(answer.outputText == "hellohello", "\(answer)")
        #expect(try await recording.curl(["https://registry.regtape.test/"], to: origin.port).succeeded)
        #expect(try await recording.stop().succeeded)
        try await origin.stop()

        let connections = try recording.connections()
        #expect(connections.map(\.mode) == [.intercept, .intercept])
        #expect(connections.map { $0.clientTLS?.version } == ["TLSv1.2", "TLSv1.3"])
        #expect(connections.map { $0.serverTLS?.version } == ["TLSv1.3", "TLSv1.3"])
        for connection in connections {
            for leg in [connection.clientTLS, connection.serverTLS] {
                let cipher = try #require(leg?.cipher)
                #expect(leg?.ciphersOffered.isEmpty == true || leg?.ciphersOffered.contains(cipher) == true)
                #expect(cipher.hasPrefix("TLS_"))
            }
            #expect(connection.certificates.map(\.subject) == ["CN=server", "CN=chains intermediate"])
        }
        #expect(try recording.ends().map(\.closedBy) == [.client, .client])
    }

    @Test(arguments: ["127.0.0.1", "registry.regtape.test"])
    func `a passthrough host shows its own certificate, and the tape its name and sizes`(host: String) async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.start(["--passthrough", host], in: directory)
        let ca = try await Chains.directory().entry("ca.crt")
        let answer = try await recording.curl(["https://registry.regtape.test/"], to: origin.port, authority: ca)
        #expect(answer.outputText == "hello", "\(answer)")
        #expect(try await recording.stop().succeeded)
        try await origin.stop()

        #expect(try recording.exchanges().isEmpty)
        let connection = try #require(try recording.connections().first)
        #expect(connection.mode == .tunnel)
        #expect(connection.clientTLS?.sni == "registry.regtape.test")
        #expect(connection.authority == "registry.regtape.test:\(origin.port)")
        let end = try #require(try recording.ends().first)
        #expect(end.clientBytes > 300 && end.serverBytes > 500, "\(end)")
    }

    @Test func `a server that speaks first is waited for, and both ends may end their half`() async throws {
        let origin = try await OddOrigin.start(["--speak-first"])
        let recording = try await Recording.start([], in: directory)
        let heard = try await recording.oddClient(origin, tls: false, "say", "hello")
        #expect(heard == ["220 ready", "olleh", "bye", "end orderly"])
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        #expect(try recording.exchanges().isEmpty)
        let end = try #require(try recording.ends().first)
        #expect(end.clientBytes == 6 && end.serverBytes == 20, "\(end)")
        #expect(end.closedBy == .client && end.error == nil, "\(end)")
    }

    @Test func `plain HTTP in a tunnel is recorded, with interim answers and trailers`() async throws {
        let origin = try await OddOrigin.start([])
        let recording = try await Recording.start([], in: directory)
        let answer = try await recording.curl(
            ["--proxytunnel", "http://registry.regtape.test/interim"], to: origin.port)
        #expect(answer.outputText == "hello", "\(answer)")
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        let exchange = try #require(try recording.exchanges().first)
        #expect(exchange.request.head.url == "http://registry.regtape.test/interim")
        #expect(exchange.interim.map(\.status) == [103])
        #expect(exchange.response?.trailers.map(\.name) == ["X-Sum"])
        #expect(exchange.response?.body.text == "hello")
        #expect(try recording.connections().first?.mode == .tunnel)
    }

    @Test func `an upgrade is an exchange that ends with 101, and both ends may end their half of what follows`()
        async throws
    {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        let heard = try await recording.oddClient(origin, "upgrade", "hello")
        #expect(heard == ["HTTP/1.1 101 Switching Protocols", "olleh", "bye", "end orderly"])
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        let exchanges = try recording.exchanges()
        #expect(exchanges.map { $0.response?.head.status } == [101])
        #expect(exchanges.first?.error == nil)
        let odd = try recording.records().compactMap {
            if case .anomaly(let anomaly) = $0 { anomaly.code } else { nil }
        }
        #expect(odd == ["became-opaque"])
        #expect(try recording.ends().map(\.error) == [nil])
    }

    // MARK: Messages without a body, and bodies without a length

    @Test func `HEAD, 204, 304, 100 and trailers leave the next answer intact`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        let base = "https://registry.regtape.test"
        let upload = try directory.file("upload", String(repeating: "u", count: 2_000_000))
        let answer = try await recording.curl(
            ["-I", base + "/"], [base + "/204", base + "/304", base + "/interim"],
            ["-T", upload, "-H", "Expect: 100-continue", base + "/put"], [base + "/"], to: origin.port)
        #expect(answer.outputText.hasSuffix("hello2000000hello"), "\(answer)")
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        // A line waits until its body is on the disk, so those of small bodies may overtake it.
        let exchanges = try recording.exchanges().sorted { $0.started < $1.started }
        #expect(exchanges.map { $0.response?.head.status } == [200, 204, 304, 200, 201, 200])
        #expect(exchanges.map { $0.response?.body.length } == [0, 0, 0, 5, 7, 5])
        #expect(exchanges.map { $0.interim.map(\.status) } == [[], [], [], [103], [100], []])
        #expect(exchanges.map { $0.request.body.length } == [0, 0, 0, 0, 2_000_000, 0])
        #expect(exchanges.allSatisfy { $0.error == nil })
    }

    @Test(.enabled(if: Program.areUsable("nghttpd")))
    func `the same over HTTP 2`() async throws {
        let chains = try await Chains.directory()
        let page = try directory.file("page", "hello")
        let port = try await Self.freePort()
        let origin = try ChildProcess(
            try Program("nghttpd").required(),
            [
                "-v", "-d", directory.path, "--trailer", "x-sum: 5d41", "-a", "127.0.0.1", port,
                chains.entry("good.key"), chains.entry("good.crt"),
            ])
        _ = try await origin.line(containing: "listen 127.0.0.1", on: .standardOutput)
        let recording = try await Recording.startForChains(in: directory)
        let base = "https://registry.regtape.test/page"
        let answer = try await recording.curl(
            ["-I", base], [base], ["-z", page, base], ["-d", "abc", "-H", "Expect: 100-continue", base], to: port)
        #expect(answer.succeeded, "\(answer)")
        #expect(try await recording.stop().succeeded)
        origin.signal(SIGTERM)
        _ = try await origin.finished()

        let exchanges = try recording.exchanges()
        #expect(exchanges.map(\.request.head.version) == Array(repeating: "HTTP/2", count: 4))
        #expect(exchanges.map { $0.response?.head.status } == [200, 200, 304, 200])
        #expect(exchanges.map { $0.response?.body.length } == [0, 5, 0, 5])
        #expect(exchanges.map { $0.response?.trailers.map(\.name) ?? [] } == [[], ["x-sum"], [], ["x-sum"]])
        #expect(exchanges.map { $0.interim.map(\.status) } == [[], [], [], [100]])
        #expect(exchanges.map { $0.request.body.length } == [0, 0, 0, 3])
        #expect(exchanges.allSatisfy { $0.error == nil })
        let connection = try #require(try recording.connections().first)
        #expect(connection.clientTLS?.alpn == "h2" && connection.serverTLS?.alpn == "h2")
    }

    // MARK: Endings

    @Test func `a body that ends with its connection arrives whole at a slow client`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        let heard = try await recording.oddClient(origin, "get", "/until-close?3000001")
        #expect(heard == ["octets 3000001", "end orderly"])
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        let exchange = try #require(try recording.exchanges().first)
        #expect(exchange.error == nil)
        #expect(exchange.response?.body.length == 3_000_001)
    }

    @Test func `an origin that cuts its body off is seen to do so by client and tape`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        #expect(try await recording.oddClient(origin, "get", "/cut?3000001") == ["octets 3000001", "end cut"])
        #expect(try await recording.oddClient(origin, "get", "/reset?400002") == ["octets 200001", "end cut"])
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        let exchanges = try recording.exchanges()
        #expect(exchanges.map { $0.error?.code } == ["missing-close-notify", "connection-reset"])
        #expect(exchanges.map { $0.error?.party } == [.network, .network])
        #expect(exchanges.map { $0.response?.body.length } == [3_000_001, 200_001])
        #expect(exchanges.map { $0.response?.body.stored } == [.partial, .partial])
        #expect(try recording.ends().map(\.closedBy) == [.server, .server])
    }

    @Test func `a reset in a plain tunnel is a reset for the client`() async throws {
        let origin = try await OddOrigin.start([])
        let recording = try await Recording.start([], in: directory)
        let heard = try await recording.oddClient(origin, tls: false, "get", "/reset?400002")
        #expect(heard.last == "end reset", "\(heard)")
        #expect(try await recording.stop().succeeded)
        try await origin.stop()
        #expect(try recording.exchanges().map { $0.error?.code } == ["connection-reset"])
    }

    @Test func `a client that leaves in the middle is named, and the origin need not go on`() async throws {
        let origin = try await OddOrigin.start(chain: "good")
        let recording = try await Recording.startForChains(in: directory)
        #expect(try await recording.oddClient(origin, "leave", "/endless") == ["left"])
        // Answered after the first has ended on this one loop, and then nothing is left to wait for.
        let outcome = try await recording.stop()
        #expect(outcome.succeeded, "\(outcome)")
        try await origin.stop()
        let exchange = try #require(try recording.exchanges().first)
        #expect(exchange.error?.party == .client, "\(exchange)")
        #expect(exchange.error?.code == "connection-reset", "\(exchange)")
        #expect(exchange.response?.body.length ?? 0 >= 100_000)
        #expect(exchange.response?.body.stored == .partial)
        #expect(try recording.ends().map(\.closedBy) == [.client])
    }

    static func freePort() async throws -> String {
        let outcome = try await ChildProcess.run(
            try Program("python3").required(),
            ["-c", "import socket; s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1])"])
        return outcome.outputText.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
