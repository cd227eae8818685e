package import Listener
package import NIOCore
import NIOPosix
package import Replay
import Synchronization
import TapeModel

/// A replay that runs: the only place where its server, a tape and directories meet.
///
/// The command and a test author's process start the same one. It asks no environment and no terminal: all of that
/// comes in with `Setup`, and what there is to say goes out through `Observer`.
package final class RunningReplay: Sendable {
    /// What a replay is started with.
    package struct Setup: Sendable {
        /// Directory of the tape.
        package var tape: String
        /// Where what is pushed outlives the replay; nothing for a directory in `temporary` that goes with it.
        package var overlay: String?
        package var temporary = "/tmp"
        package var origin: (host: String, port: Int)?
        package var proxy: (host: String, port: Int)?
        package var isTLS = false
        /// Networks whose clients are let in, besides those of this machine.
        package var allowed: [AddressRange] = []
        package var options = ReplayMachine.Options()
        package var matching = ReplayIndex.Matching.meaning
        /// Directory of the certificate authority that makes the leaves.
        package var authority: String
        /// File for the secrets of TLS sessions, as in SSLKEYLOGFILE.
        package var keyLog: String?
        /// Event loops; one is enough for a few clients.
        package var loops = System.coreCount

        package init(tape: String, authority: String) {
            self.tape = tape
            self.authority = authority
        }
    }

    /// Who is told what there is to say.
    package struct Observer {
        /// Octets of the tape's lines that have been read, and how many there are.
        package var onProgress: (_ reached: Int64, _ octets: Int64) -> Void = { _, _ in }
        /// One sentence about what is wrong with the tape's lines, or the overlay's, before the replay listens.
        package var onFlaw: (String) -> Void = { _ in }
        package var onAnswer: @Sendable (ReplayRequest, ReplayAnswer) -> Void = { _, _ in }
        /// SHA-256 of content that the tape names and that is missing, or has other octets.
        package var onDamage: @Sendable (_ sha256: String, _ isMissing: Bool) -> Void = { _, _ in }

        package init() {}
    }

    package let originAddress: SocketAddress?
    package let proxyAddress: SocketAddress?
    package let authority: CertificateAuthority
    private let server: ReplayServer
    private let content: ReplayContent
    private let group: MultiThreadedEventLoopGroup
    private let threads: NIOThreadPool
    private let isStopped: Stop

    private final class Stop: Sendable {
        let value = Atomic(false)
    }

    /// Reads the tape, says what is wrong with it, and listens.
    package static func start(_ setup: Setup, observer: Observer) async throws -> RunningReplay {
        let tape = try ReplayTape(directory: setup.tape, matching: setup.matching, progress: observer.onProgress)
        for sentence in tape.damage { observer.onFlaw(sentence) }
        let clock = RecordingClock()
        let authority = try CertificateAuthority.open(in: setup.authority, at: clock.now())
        let keyLog = try setup.keyLog.map { try KeyLog(path: $0) }
        let content = try ReplayContent(tape: setup.tape, overlay: setup.overlay, temporary: setup.temporary)
        var options = setup.options
        let overlay = content.history(over: tape.index)
        for sentence in overlay.damage { observer.onFlaw(sentence) }
        options.history = overlay.history
        let group = MultiThreadedEventLoopGroup(numberOfThreads: setup.loops)
        // Reads and writes of files, and hashing; a handful at once is what a disk is good for.
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        var told = ReplayService.Observer()
        told.onAnswer = observer.onAnswer
        told.onDamage = observer.onDamage
        let service = ReplayService(
            machine: ReplayMachine(index: tape.index, options: options), bodies: content,
            leaves: LeafContexts(authority: authority, keyLog: keyLog), threads: threads, observer: told)
        let server = ReplayServer(service: service, group: group, allowed: setup.allowed)
        do {
            let origin = try await openOrigin(server, setup)
            let proxy = try await openProxy(server, setup)
            let replay = RunningReplay(
                origin: origin, proxy: proxy, authority: authority, server: server, content: content, group: group,
                threads: threads)
            replay.checkBodies(tape.files + options.history.kept.sorted(), service)
            return replay
        } catch {
            await server.stop(patience: .zero)
            content.end()
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

    /// What was matched, missed and left unused so far.
    package var report: ReplayReport { server.report }

    /// Lets exchanges end and closes the rest.
    package func stop(patience: Duration = .seconds(5)) async {
        isStopped.value.store(true, ordering: .relaxed)
        await server.stop(patience: patience)
        try? await group.shutdownGracefully()
        try? await threads.shutdownGracefully()
        content.end()
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
