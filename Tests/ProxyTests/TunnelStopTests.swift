import NIOCore
import Proxy
import TapeModel
import Testing

/// Tunnels that come, go and are stopped leave nothing behind, and each has its end on the tape.
@Suite(.timeLimit(.minutes(1)))
struct TunnelStopTests {
    @Test func `an origin that takes the connection and says nothing is the network's fault`() async throws {
        let stage = try await TunnelPatienceTests.stage {
            $0.origin = .milliseconds(500)
            $0.clientHandshake = .milliseconds(20)
        }
        let origin = TunnelPeer.silent()
        // The handshake gets its second all the same; the client then hears our own hello, and is silent itself.
        let heard = await stage.tunnel(to: origin.port, saying: try TunnelPatienceTests.hello())
        #expect(heard.contains(22))
        try await stage.stop()
        #expect(stage.tape.connections.map { $0.failure?.code } == ["handshake-timeout"])
        #expect(stage.tape.connections.map { $0.failure?.party } == [.network])
    }

    @Test func `tunnels that come and go in every state leave nothing behind`() async throws {
        let stage = try await TunnelPatienceTests.stage {
            $0.silence = .milliseconds(1)
            // A client that leaves while its origin's handshake is under way is not missed before that is over.
            $0.origin = .milliseconds(500)
        }
        let origin = TunnelPeer.silent()
        origin.takesAndSaysNothing()
        let hello = try TunnelPatienceTests.hello()
        let words: [[UInt8]] = [[], Array(hello.prefix(40)), hello, Array("GET / HTTP/1.1\r\n\r\n".utf8)]
        let connect = Array("CONNECT 127.0.0.1:\(origin.port) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for round in 0..<100 {
            let peer = TunnelPeer(port: stage.port)
            peer.say(connect + words[round % words.count])
            // The tunnel exists when its 200 has come; the peer is then closed with whatever is under way.
            _ = peer.heard()
        }
        await stage.tape.hasEnds(100)
        // A channel is forgotten a moment after its end was told.
        while stage.server.openConnections != (0, 0) {
            try Task.checkCancellation()
            await Task.yield()
        }
        try await stage.stop()
        #expect(stage.tape.ends.count == 100)
        #expect(stage.tape.connections.count == 100)
    }

    @Test func `a stop ends what is open, and says that it was the recorder`() async throws {
        let stage = try await TunnelPatienceTests.stage { $0.silence = .milliseconds(1) }
        let origin = TunnelPeer.silent()
        let connect = Array("CONNECT 127.0.0.1:\(origin.port) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let (copying, shaking) = (TunnelPeer(port: stage.port), TunnelPeer(port: stage.port))
        copying.say(connect + Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        shaking.say(connect + (try TunnelPatienceTests.hello()))
        _ = (copying.heard(), shaking.heard())
        while stage.recorder.openExchanges == 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
        try await stage.stop(patience: .milliseconds(10))
        #expect(stage.tape.ends.map(\.closedBy) == [.recorder, .recorder])
        #expect(stage.tape.errors.map { $0?.code } == ["recording-stopped"])
        #expect(stage.tape.errors.map { $0?.party } == [.recorder])
        #expect(stage.tape.connections.compactMap { $0.failure?.code } == ["recording-stopped"])
        #expect(copying.heard().isEmpty && shaking.heard().isEmpty)
    }
}
