public import Foundation
import Listener
import NIOCore
import Replay
import ReplayWiring
import Synchronization

/// A tape that is being played back to one test, in this process and on ports of its own.
///
/// It stands in for every host on the tape and never opens a connection itself. There are two doors, both open all the
/// time: `url` is the registry, and `proxyURL` a proxy behind which each host of the tape has its own name.
///
/// ```swift
/// @Test(.replay("Fixtures/pull.tape")) func pull() async throws {
///     let replay = try TapeReplay.current
///     let image = try await MyClient(registry: replay.url).pull("app:1")
///     #expect(replay.unused.isEmpty)
/// }
/// ```
public struct TapeReplay: Sendable {
    /// A request that the tape has no answer for.
    public struct Miss: Sendable, Hashable, CustomStringConvertible {
        /// As sent.
        public let method: String
        /// In the name of the tape's host; parameters that may be secret are left out.
        public let url: String
        /// What was asked, the recorded exchange that is most like it, and what differs; one sentence.
        public let description: String
    }

    /// A recorded exchange.
    public struct Exchange: Sendable, Hashable, CustomStringConvertible {
        /// Its number on the tape, as `regtape show` prints it.
        public let number: Int64
        public let method: String
        public let url: String

        public var description: String { "exchange \(number), \(method) \(url)" }
    }

    /// The registry: `http://127.0.0.1:PORT`, or https with `ReplayOption.tls`.
    public let url: URL
    /// The registry as image names have it: `127.0.0.1:PORT`.
    public let address: String
    /// A proxy to every host of the tape: `http://127.0.0.1:PORT`.
    public let proxyURL: URL
    /// PEM file of the CA that clients must trust for TLS, at either door; made for this replay and gone with it.
    public let certificatePath: String

    private let running: RunningReplay
    private let observed: Observed
    private let directory: URL

    /// What came up while the replay ran.
    private final class Observed: Sendable {
        let flaws = Mutex<[String]>([])
    }

    @TaskLocal static var replay: TapeReplay?

    /// The replay of the test that is running, for tests with the trait `.replay`.
    /// - Throws: `ReplayFailure` where there is none.
    public static var current: TapeReplay {
        get throws {
            guard let replay else {
                throw ReplayFailure(description: "no replay runs here; give the test the trait .replay(\"some.tape\")")
            }
            return replay
        }
    }

    /// Every request so far that the tape has no answer for, in order; of more than 200 the last ones.
    public var misses: [Miss] {
        running.report.misses.map { Miss(method: $0.method, url: $0.url, description: $0.description) }
    }

    /// Recorded exchanges that nobody has asked for so far, in the tape's order; at most 1000.
    public var unused: [Exchange] {
        running.report.unusedExchanges.map { Exchange(number: $0.seq, method: $0.method, url: $0.url) }
    }

    /// How many requests a recorded exchange has answered so far.
    public var matched: Int { running.report.matched }

    /// What is wrong with the tape, one sentence each: lines that were edited, content that is not what it was.
    public var flaws: [String] { observed.flaws.withLock { $0 } }

    /// Starts a replay; `stop` must follow.
    static func start(_ tape: String, _ settings: ReplayOption.Settings, directory: URL) async throws -> TapeReplay {
        let observed = Observed()
        var setup = settings.setup
        setup.tape = tape
        setup.origin = ("127.0.0.1", 0)
        setup.proxy = ("127.0.0.1", 0)
        setup.temporary = directory.path
        setup.authority = directory.appending(path: "ca").path
        // Tests run side by side, each with a server of its own: one loop serves the clients of a test.
        setup.loops = 1
        var observer = RunningReplay.Observer()
        observer.onFlaw = { sentence in observed.flaws.withLock { $0.append(sentence) } }
        observer.onDamage = { sha256, isMissing in
            let fault = isMissing ? "is missing" : "has other octets than were recorded"
            observed.flaws.withLock { $0.append("the body sha256:\(sha256) \(fault); it is not served") }
        }
        let running = try await RunningReplay.start(setup, observer: observer)
        guard let origin = running.originAddress?.port, let proxy = running.proxyAddress?.port,
            let url = URL(string: "\(setup.isTLS ? "https" : "http")://127.0.0.1:\(origin)"),
            let proxyURL = URL(string: "http://127.0.0.1:\(proxy)")
        else {
            await running.stop(patience: .zero)
            throw ReplayFailure(description: "the replay has no port")
        }
        return TapeReplay(
            url: url, address: "127.0.0.1:\(origin)", proxyURL: proxyURL,
            certificatePath: running.authority.certificatePath, running: running, observed: observed,
            directory: directory)
    }

    /// Closes every connection: the test is over, and whoever still asks asks too late.
    func stop() async {
        let running = running
        // A task of its own, because that of a test whose time is up is cancelled, and waiting would end at once.
        await Task { await running.stop(patience: .zero) }.value
    }
}
