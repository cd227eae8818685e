import Foundation
import Listener
import NIOCore
import NIOPosix
import Proxy
import Synchronization
import TapeModel
import TestSupport

/// A whole proxy in this process, with a tape in memory, for tests that need its patience to be short.
final class TunnelStage: Sendable {
    let server: ProxyServer
    let tape = TunnelTape()
    let port: Int
    let recorder: Recorder
    private let directory: TemporaryDirectory
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    private let threads = [NIOThreadPool(numberOfThreads: 1), NIOThreadPool(numberOfThreads: 4)]

    init(_ change: (inout ProxySettings) -> Void = { _ in }) async throws {
        directory = try TemporaryDirectory()
        for pool in threads { pool.start() }
        let clock = RecordingClock()
        let authority = try CertificateAuthority.open(in: directory.entry("ca"), at: clock.now())
        recorder = Recorder.make(threads: threads[0])
        var settings = ProxySettings()
        change(&settings)
        server = ProxyServer(
            services: ProxyServices(
                settings: settings, authority: authority, leaves: LeafContexts(authority: authority, keyLog: nil),
                origins: OriginContexts(keyLog: nil), trust: try OriginTrust(additionalRoots: nil), tap: recorder.tap,
                clock: clock, threads: threads[1]),
            group: group)
        port = try await server.start(host: "127.0.0.1", port: 0).port ?? 0
        let tape = tape
        try recorder.attach { TunnelSink(tape) }
    }

    /// Stops the proxy; every record is on the tape when it returns.
    func stop(patience: Duration = .zero) async throws {
        let recorder = recorder
        await server.stop(patience: patience, openExchanges: { recorder.openExchanges })
        await recorder.finish { _ in }
        try await group.shutdownGracefully()
        for pool in threads { try await pool.shutdownGracefully() }
    }

    /// Sends a CONNECT and some octets behind it, and reads to the end of the connection.
    func tunnel(to port: Int, saying octets: [UInt8] = []) async -> [UInt8] {
        await TunnelPeer(port: self.port).hearing(
            out: Array("CONNECT 127.0.0.1:\(port) HTTP/1.1\r\nHost: a\r\n\r\n".utf8) + octets)
    }
}

/// What a recorder put on the tape of a test, with a way to wait for it.
final class TunnelTape: Sendable {
    struct Content {
        var connections: [Connection] = []
        var ends: [ConnectionEnd] = []
        var errors: [ExchangeError?] = []
        fileprivate var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let content = Mutex(Content())

    var connections: [Connection] { content.withLock { $0.connections } }
    var ends: [ConnectionEnd] { content.withLock { $0.ends } }
    var errors: [ExchangeError?] { content.withLock { $0.errors } }

    /// Waits until so many connections have ended, or the test is out of time.
    func hasEnds(_ count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = content.withLock { content in
                    if content.ends.count >= count || Task.isCancelled { return true }
                    content.waiters.append((count, continuation))
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            let waiters = content.withLock { content in
                defer { content.waiters = [] }
                return content.waiters
            }
            for waiter in waiters { waiter.1.resume() }
        }
    }

    fileprivate func change(_ body: (inout Content) -> Void) {
        let due = content.withLock { content in
            body(&content)
            let count = content.ends.count
            let due = content.waiters.filter { $0.count <= count }
            content.waiters.removeAll { $0.count <= count }
            return due
        }
        for waiter in due { waiter.1.resume() }
    }
}

private final class TunnelSink: TapeSink {
    private let tape: TunnelTape

    init(_ tape: TunnelTape) { self.tape = tape }

    func connectionOpened(_ connection: Connection) { tape.change { $0.connections.append(connection) } }

    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant) {
        for case .exchangeEnded(_, let error) in events { tape.change { $0.errors.append(error) } }
    }

    func connectionClosed(_ end: ConnectionEnd) { tape.change { $0.ends.append(end) } }

    func gap(_ gap: Gap) {}
    func tick(at now: Instant) {}
}

/// A TCP socket without a library of its own between it and the test.
final class TunnelPeer: Sendable {
    let descriptor: Int32

    /// Connected to that port of this machine, or -1; reads give up after 20 s, which no good test reaches.
    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = Self.address(port)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Listening, and never taking a connection: the kernel completes handshakes, and nobody ever speaks.
    private init(listening: Void) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        listen(descriptor, 1_024)
    }

    deinit {
        // Wakes a thread that waits in accept.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    static func silent() -> TunnelPeer { TunnelPeer(listening: ()) }

    /// The port that this socket is bound to.
    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func say(_ octets: [UInt8]) {
        _ = octets.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Takes one connection; it is closed with the peer that is returned.
    func taken() -> TunnelPeer { TunnelPeer(descriptor: accept(descriptor, nil, nil)) }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Takes connections and closes each when its client has ended, without a word.
    func takesAndSaysNothing() {
        Thread.detachNewThread { [descriptor] in
            while true {
                let taken = accept(descriptor, nil, nil)
                guard taken >= 0 else { return }
                let peer = TunnelPeer(descriptor: taken)
                Thread.detachNewThread {
                    while !peer.heard().isEmpty {}
                }
            }
        }
    }

    /// What arrives in one read; nothing at the end.
    func heard() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    /// Says something and reads until the other side closes, away from the tests' own threads.
    func hearing(out octets: [UInt8]) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.say(octets)
                var all: [UInt8] = []
                while true {
                    let piece = self.heard()
                    if piece.isEmpty { break }
                    all += piece
                }
                continuation.resume(returning: all)
            }
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
