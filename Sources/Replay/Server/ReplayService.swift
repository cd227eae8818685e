package import Listener
import NIOCore
package import NIOPosix
import Synchronization
import TapeModel

/// What all connections of a replay share: the one that decides, the content, and who watches.
package final class ReplayService: Sendable {
    /// What a person is told while the replay runs.
    package struct Observer: Sendable {
        package var onAnswer: @Sendable (ReplayRequest, ReplayAnswer) -> Void = { _, _ in }
        /// SHA-256 of content that the tape names and that is missing, or has other octets.
        package var onDamage: @Sendable (_ sha256: String, _ isMissing: Bool) -> Void = { _, _ in }

        package init() {}
    }

    /// What stands in for no registry, on an empty tape, is one under this name: whatever clients call it, and whatever
    /// port it has this time, what was pushed to it is there.
    private static let nameless = "http://localhost"

    let bodies: CheckedBodies
    let uploads: UploadFiles
    let origin: OriginDoor
    let leaves: LeafContexts?
    let clock = RecordingClock()
    let patience: ServerPatience
    let openExchanges = Atomic(0)
    private let machine: Mutex<ReplayMachine>
    private let observer: Observer

    package init(
        machine: ReplayMachine, bodies: any ReplayBodies, leaves: LeafContexts?, threads: NIOThreadPool,
        observer: Observer, patience: ServerPatience = ServerPatience()
    ) {
        self.patience = patience
        let registry = machine.index.registry.map { "\($0.scheme)://\($0.authority)" }
        origin = OriginDoor(root: Origin(url: registry ?? Self.nameless)?.place)
        self.machine = Mutex(machine)
        self.bodies = CheckedBodies(bodies: bodies, threads: threads)
        uploads = UploadFiles(bodies: self.bodies)
        self.leaves = leaves
        self.observer = observer
    }

    func decide(_ request: ReplayRequest) -> ReplayDecision {
        let now = clock.now()
        return machine.withLock { $0.answer(request, at: now) }
    }

    func finished(_ pending: PendingRequest, _ received: ReceivedBody) -> ReplayAnswer {
        let now = clock.now()
        return machine.withLock { $0.finished(pending, received, at: now) }
    }

    func unstored(_ pending: PendingRequest) -> [ReplayEffect] { machine.withLock { $0.unstored(pending) } }

    package var report: ReplayReport { machine.withLock { $0.report } }

    /// Starts over; false where what was pushed could not be taken back from the disk.
    func reset(on loop: any EventLoop, then: @escaping (Bool) -> Void) {
        let first = machine.withLock { $0.reset() }
        uploads.discardAll()
        uploads.startOver(at: first, on: loop, then: then)
    }

    func failed(_ effects: [ReplayEffect]) { machine.withLock { $0.failed(effects) } }

    func told(_ request: ReplayRequest, _ answer: ReplayAnswer) { observer.onAnswer(request, answer) }

    func damaged(_ sha256: String, _ found: CheckedBodies.Found) {
        if case .missing = found { observer.onDamage(sha256, true) } else { observer.onDamage(sha256, false) }
    }

    /// Compares all of this content with its digests, and tells of what is not as it should be; blocks.
    package func checkBodies(_ digests: [String], isStopped: () -> Bool) {
        bodies.checkAll(digests, isStopped: isStopped) { damaged($0, $1) }
    }

    /// The URL on the tape; of what is for ourselves, a path.
    func url(of target: RequestTarget) -> String {
        switch target {
        case .tape(let url, nil): url
        case .tape(let path, let base?): origin.url(of: path, base: base) ?? base + path
        case .status: "/_regtape/status"
        case .reset: "/_regtape/reset"
        case .stranger: "/_regtape/"
        }
    }

    /// A URL of an answer as the client shall follow it.
    func local(_ url: String, for target: RequestTarget) -> String {
        guard case .tape(_, let base?) = target else { return url }
        return origin.local(url, base: base)
    }

    /// What a browser says of a request that a page of another site made it send (Fetch Metadata).
    private static func isCrossSite(_ fields: [FieldLine]) -> Bool {
        fields.values(of: "sec-fetch-site").contains { !["same-origin", "none"].contains($0) }
    }

    /// What the replay says of itself.
    func ownReply(
        to target: RequestTarget, _ request: ReplayRequest, on loop: any EventLoop, then: @escaping (Reply) -> Void
    ) {
        if target == .stranger {
            return then(
                .error(
                    421, code: "DENIED",
                    "the replay speaks of itself only at an address or at localhost, not at a name"))
        }
        if target == .reset {
            // A page in a browser on this machine can send a form here; it cannot do so without saying whose it is.
            guard request.fields.first("origin") == nil, !Self.isCrossSite(request.fields) else {
                return then(.error(403, code: "DENIED", "a page of another origin may not do that"))
            }
            return reset(on: loop) { isDone in
                then(
                    isDone
                        ? Reply(status: 204)
                        : .error(500, code: "UNKNOWN", "the overlay cannot be written; look at the disk of the replay"))
            }
        }
        then(
            Reply(
                status: 200,
                fields: [FieldLine("Content-Type", "application/json"), FieldLine("Cache-Control", "no-store")],
                content: [.octets(report.json.serialized + [0x0A])]))
    }
}
