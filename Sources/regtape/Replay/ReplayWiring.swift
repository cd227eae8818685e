import Listener
import NIOCore
import NIOPosix
import Replay
import Synchronization
import TapeModel

/// The composition root of a replay: the only place where its server, a tape and a directory meet.
final class ReplayWiring: Sendable {
    /// What a replay is started with.
    struct Setup: Sendable {
        var tape: String
        var overlay: String?
        var origin: (host: String, port: Int)?
        var proxy: (host: String, port: Int)?
        var isTLS = false
        /// Networks whose clients are let in, besides those of this machine.
        var allowed: [AddressRange] = []
        var options = ReplayMachine.Options()
        var matching = ReplayIndex.Matching.meaning
        /// Directory of the certificate authority that makes the leaves.
        var authority: String
    }

    let originAddress: SocketAddress?
    let proxyAddress: SocketAddress?
    let authority: CertificateAuthority
    private let server: ReplayServer
    private let content: ReplayContent
    private let group: MultiThreadedEventLoopGroup
    private let threads: NIOThreadPool
    private let isStopped: Stop

    private final class Stop: Sendable {
        let value = Atomic(false)
    }

    /// Reads the tape, says what is wrong with it, and listens.
    static func start(_ setup: Setup, console: ReplayConsole) async throws -> ReplayWiring {
        let tape = try ReplayTape(directory: setup.tape, name: setup.tape, matching: setup.matching)
        for sentence in tape.damage { Terminal.say("\(setup.tape): \(sentence)") }
        let clock = RecordingClock()
        let authority = try CertificateAuthority.open(in: setup.authority, at: clock.now())
        let keyLog = try StateDirectory.variable("SSLKEYLOGFILE").map { try KeyLog(path: $0) }
        let content = try ReplayContent(tape: setup.tape, overlay: setup.overlay)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        // Reads and writes of files, and hashing; a handful at once is what a disk is good for.
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        var observer = ReplayService.Observer()
        observer.onAnswer = { request, answer in console.show(request, answer) }
        observer.onDamage = { sha256, isMissing in console.damaged(sha256, isMissing: isMissing) }
        let service = ReplayService(
            machine: ReplayMachine(index: tape.index, options: setup.options), bodies: content,
            leaves: LeafContexts(authority: authority, keyLog: keyLog), threads: threads, observer: observer)
        let server = ReplayServer(service: service, group: group, allowed: setup.allowed)
        do {
            let origin = try await openOrigin(server, setup)
            let proxy = try await openProxy(server, setup)
            let wiring = ReplayWiring(
                origin: origin, proxy: proxy, authority: authority, server: server, content: content, group: group,
                threads: threads)
            wiring.checkBodies(tape.files, service)
            return wiring
        } catch {
            await server.stop(patience: .zero)
            content.remove()
            try? await group.shutdownGracefully()
            try? await threads.shutdownGracefully()
            throw error
        }
    }

    /// Every body that the tape names, compared with its digest while the first requests are answered already.
    private func checkBodies(_ digests: [String], _ service: ReplayService) {
        let isStopped = isStopped
        threads.submit { _ in
            service.checkBodies(digests) { isStopped.value.load(ordering: .relaxed) }
        }
    }

    var report: ReplayReport { server.report }

    /// Lets exchanges end and closes the rest.
    func stop(patience: Duration = .seconds(5)) async {
        isStopped.value.store(true, ordering: .relaxed)
        await server.stop(patience: patience)
        try? await group.shutdownGracefully()
        try? await threads.shutdownGracefully()
        content.remove()
    }

    private init(
        origin: SocketAddress?, proxy: SocketAddress?, authority: CertificateAuthority, server: ReplayServer,
        content: ReplayContent, group: MultiThreadedEventLoopGroup, threads: NIOThreadPool
    ) {
        originAddress = origin
        proxyAddress = proxy
        self.authority = authority
        self.server = server
        self.content = content
        self.group = group
        self.threads = threads
        isStopped = Stop()
    }

    private static func openOrigin(_ server: ReplayServer, _ setup: Setup) async throws -> SocketAddress? {
        guard let (host, port) = setup.origin else { return nil }
        return try await server.openOrigin(host: host, port: port, isTLS: setup.isTLS)
    }

    private static func openProxy(_ server: ReplayServer, _ setup: Setup) async throws -> SocketAddress? {
        guard let (host, port) = setup.proxy else { return nil }
        return try await server.openProxy(host: host, port: port)
    }
}
