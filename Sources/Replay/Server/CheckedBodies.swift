import NIOCore
import NIOPosix
import Synchronization

/// The stored content, each piece of it compared with its digest before the first octet is served.
///
/// A tape that was damaged must not hand out wrong octets under a right name. Content is read through once; small
/// content stays in memory from then on, so that a manifest costs no file.
final class CheckedBodies: Sendable {
    enum Found: Sendable {
        case small(ByteBuffer)
        case file(length: Int64)
        case missing
        case wrong
    }

    private enum Entry {
        case checking([@Sendable (Found) -> Void])
        case known(Found)
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var smallOctets = 0
    }

    /// Manifests and configurations; layers stay in their files.
    private static let smallLimit: Int64 = 64 << 10
    private static let mostSmallOctets = 16 << 20

    let bodies: any ReplayBodies
    let threads: NIOThreadPool
    private let state = Mutex(State())

    init(bodies: any ReplayBodies, threads: NIOThreadPool) {
        self.bodies = bodies
        self.threads = threads
    }

    /// What there is under a digest; `then` is called on `loop`, at once where the answer is known.
    func find(_ sha256: String, on loop: any EventLoop, then: @escaping (Found) -> Void) {
        let bound = NIOLoopBound(then, eventLoop: loop)
        var mustCheck = false
        let known: Found? = state.withLock { state in
            let waiter: @Sendable (Found) -> Void = { found in loop.execute { bound.value(found) } }
            switch state.entries[sha256] {
            case .known(let found)?: return found
            case .checking(let waiters)?: state.entries[sha256] = .checking(waiters + [waiter])
            case nil:
                state.entries[sha256] = .checking([waiter])
                mustCheck = true
            }
            return nil
        }
        if let known { return then(known) }
        guard mustCheck else { return }
        threads.submit { _ in self.check(sha256) }
    }

    /// Checks all of these one after the other, telling of each that is not as it should be.
    ///
    /// Blocks; what is asked for meanwhile does not wait for the rest of the list.
    func checkAll(_ digests: [String], isStopped: () -> Bool, onDamage: (String, Found) -> Void) {
        for digest in digests {
            if isStopped() { return }
            let isMine = state.withLock { state in
                guard state.entries[digest] == nil else { return false }
                state.entries[digest] = .checking([])
                return true
            }
            if isMine { check(digest) }
            if case .known(let found)? = state.withLock({ $0.entries[digest] }), found.isDamage {
                onDamage(digest, found)
            }
        }
    }

    /// Content that is new, or was replaced, is looked at again.
    func forget(_ sha256: String) {
        state.withLock { state in
            if case .known? = state.entries[sha256] { state.entries[sha256] = nil }
        }
    }

    private func check(_ sha256: String) {
        let found = read(sha256)
        let waiters: [@Sendable (Found) -> Void] = state.withLock { state in
            defer { state.entries[sha256] = .known(found) }
            if case .small(let buffer) = found { state.smallOctets += buffer.readableBytes }
            if case .checking(let waiters)? = state.entries[sha256] { return waiters }
            return []
        }
        for waiter in waiters { waiter(found) }
    }

    private func read(_ sha256: String) -> Found {
        guard let file = bodies.open(sha256: sha256) else { return .missing }
        defer { BodyReading.close(file.descriptor) }
        guard bodies.isWhole(sha256: sha256) else { return .wrong }
        guard file.length <= Self.smallLimit,
            state.withLock({ $0.smallOctets }) + Int(file.length) <= Self.mostSmallOctets,
            let octets = BodyReading.octets(file.descriptor, from: 0, count: Int(file.length))
        else { return .file(length: file.length) }
        return .small(octets)
    }
}

extension CheckedBodies.Found {
    var isMissing: Bool {
        if case .missing = self { true } else { false }
    }

    var isDamage: Bool {
        switch self {
        case .small, .file: false
        case .missing, .wrong: true
        }
    }
}
