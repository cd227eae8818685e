import Foundation
import NIOCore
import Proxy
import TapeModel
import TestSupport
import Testing

/// Silent and slow peers are sent away (RELIABILITY.md D1): with the patience of milliseconds, because what is tested is that
/// somebody's patience ends, and what the tape says then.
@Suite(.timeLimit(.minutes(1)))
struct TunnelPatienceTests {
    static func hello() throws -> [UInt8] {
        let text = try String(
            contentsOfFile: RepositoryRoot.path("fixtures/wire/tls/curl-nginx.client.hex"), encoding: .utf8)
        let digits = Array(text.utf8.filter { $0 != 0x0A })
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
    }

    /// One step is impatient, all others keep their hours.
    static func stage(_ change: (inout TunnelPatience) -> Void) async throws -> TunnelStage {
        try await TunnelStage { settings in
            settings.tunnelPatience.silence = .hours(1)
            settings.tunnelPatience.hello = .hours(1)
            settings.tunnelPatience.origin = .hours(1)
            settings.tunnelPatience.clientHandshake = .hours(1)
            settings.tunnelPatience.refusal = .hours(1)
            settings.tunnelPatience.farewell = .hours(1)
            change(&settings.tunnelPatience)
        }
    }

    @Test func `half a ClientHello is not waited for`() async throws {
        let stage = try await Self.stage {
            $0.silence = .milliseconds(1)
            $0.hello = .milliseconds(20)
        }
        let origin = TunnelPeer.silent()
        for length in [1, 5, 100] {
            let heard = await stage.tunnel(to: origin.port, saying: Array(try Self.hello().prefix(length)))
            #expect(String(decoding: heard, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        }
        try await stage.stop()
        #expect(stage.tape.connections.map { $0.failure?.code } == Array(repeating: "client-timeout", count: 3))
        #expect(stage.tape.connections.allSatisfy { $0.failure?.party == .client })
        #expect(stage.tape.ends.count == 3)
    }

    @Test func `a client that never finishes its handshake is sent away`() async throws {
        let stage = try await Self.stage { $0.clientHandshake = .milliseconds(20) }
        let nobody = TunnelPeer.silent().port
        _ = await stage.tunnel(to: nobody, saying: try Self.hello())
        try await stage.stop()
        // The origin was not there either, and that came first.
        #expect(stage.tape.connections.map { $0.failure?.code } == ["connection-refused"])
        #expect(stage.tape.ends.count == 1)
    }

    @Test func `a client that does not ask after a failure is sent away`() async throws {
        let stage = try await Self.stage { $0.refusal = .milliseconds(20) }
        let nobody = TunnelPeer.silent().port
        let heard = await stage.tunnel(to: nobody, saying: Array("GET / HT".utf8))
        #expect(String(decoding: heard, as: UTF8.self).components(separatedBy: "\r\n").first?.contains("200") == true)
        try await stage.stop()
        #expect(stage.tape.connections.map { $0.failure?.code } == ["connection-refused"])
        #expect(stage.tape.ends.count == 1)
    }

    @Test func `an upstream proxy that says nothing is the proxy's fault`() async throws {
        let proxy = TunnelPeer.silent()
        let stage = try await TunnelStage { settings in
            settings.upstreamProxy = UpstreamProxy(url: "http://127.0.0.1:\(proxy.port)")
            settings.tunnelPatience.origin = .milliseconds(20)
            settings.tunnelPatience.silence = .milliseconds(1)
        }
        _ = await stage.tunnel(to: 443)
        try await stage.stop()
        #expect(stage.tape.connections.map { $0.failure?.code } == ["upstream-proxy"])
        #expect(stage.tape.connections.first?.failure?.detail.contains("in time") == true)
    }

    @Test func `what an origin says in the same breath as the upstream proxy is not lost`() async throws {
        let proxy = TunnelPeer.silent()
        let stage = try await TunnelStage { settings in
            settings.upstreamProxy = UpstreamProxy(url: "http://127.0.0.1:\(proxy.port)")
            settings.tunnelPatience.silence = .milliseconds(1)
        }
        Thread.detachNewThread {
            let tunnel = proxy.taken()
            _ = tunnel.heard()
            tunnel.say(Array("HTTP/1.1 200 OK\r\nX: \u{FF}\r\n\r\n220 ready\r\n".utf8))
        }
        let heard = await stage.tunnel(to: 443)
        #expect(String(decoding: heard, as: UTF8.self).hasSuffix("\r\n\r\n220 ready\r\n"))
        try await stage.stop()
        #expect(stage.tape.ends.map(\.serverBytes) == [11])
    }

    @Test(arguments: ["*.test", "a\u{0}b.test", "127.0.0.1", String(repeating: "a.", count: 2_000) + "test"])
    func `a server name that is none gets an alert and nothing is dialled for it`(name: String) async throws {
        let stage = try await Self.stage { _ in }
        let origin = TunnelPeer.silent()
        let heard = await stage.tunnel(to: origin.port, saying: Self.hello(asking: name))
        #expect(Array(heard.suffix(7)) == [21, 3, 3, 0, 2, 2, 112])
        try await stage.stop()
        #expect(stage.tape.connections.map { $0.failure?.code } == ["bad-server-name"])
        #expect(stage.tape.connections.map { $0.failure?.party } == [.client])
    }

    /// A ClientHello of TLS 1.2 with nothing but that name in it.
    private static func hello(asking name: String) -> [UInt8] {
        func vector(_ octets: [UInt8]) -> [UInt8] {
            [UInt8(octets.count >> 8), UInt8(octets.count & 0xFF)] + octets
        }
        let serverName = [0, 0] + vector(vector([0] + vector(Array(name.utf8))))
        let body = [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0xC0, 0x2B, 1, 0] + vector(serverName)
        return [22, 3, 1] + vector([1, 0] + vector(body))
    }
}
