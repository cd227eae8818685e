import NIOCore
import NIOPosix
import Synchronization

/// What clients have sent so far of each upload.
///
/// An upload goes on over several requests, and those over several connections; who may append is decided before,
/// so no two requests write to one upload at a time.
final class UploadFiles: Sendable {
    private let bodies: CheckedBodies
    private let files = Mutex<[UploadID: any IncomingBody]>([:])

    init(bodies: CheckedBodies) {
        self.bodies = bodies
    }

    func append(
        _ octets: ByteBuffer, to id: UploadID, keeps: Bool, on loop: any EventLoop, then: @escaping (Bool) -> Void
    ) {
        run(
            on: loop, { try octets.withUnsafeReadableBytes { try self.file(id, keeps: keeps).append($0) } },
            { then($0 != nil) })
    }

    /// The SHA-256 of all that an upload has.
    func digest(of id: UploadID, keeps: Bool, on loop: any EventLoop, then: @escaping (String?) -> Void) {
        run(on: loop, { try self.file(id, keeps: keeps).sha256 }, then)
    }

    func digest(of octets: [UInt8], on loop: any EventLoop, then: @escaping (String?) -> Void) {
        let bodies = bodies.bodies
        run(
            on: loop,
            {
                let body = try bodies.receive(keeps: false)
                defer { body.discard() }
                try octets.withUnsafeBytes { try body.append($0) }
                return body.sha256
            }, then)
    }

    /// Does what an answer demands before it may be sent; false where the disk refused.
    func perform(
        _ effects: [ReplayEffect], octets: [UInt8], on loop: any EventLoop, then: @escaping (Bool) -> Void
    ) {
        guard !effects.isEmpty else { return then(true) }
        run(
            on: loop,
            { () throws -> Bool in
                for effect in effects { try self.perform(effect, octets) }
                return true
            }, { then($0 != nil) })
    }

    /// Lets later replays know that the run begins anew; false where the disk refused.
    func startOver(at first: Int64, on loop: any EventLoop, then: @escaping (Bool) -> Void) {
        let bodies = bodies.bodies
        run(
            on: loop,
            { () throws -> Bool in
                try bodies.startOver(at: first)
                return true
            }, { then($0 != nil) })
    }

    /// Forgets every upload that is under way.
    func discardAll() {
        let all = files.withLock { files in
            defer { files = [:] }
            return Array(files.values)
        }
        bodies.threads.submit { _ in for file in all { file.discard() } }
    }

    private func perform(_ effect: ReplayEffect, _ octets: [UInt8]) throws {
        switch effect {
        case .keep(let id, let sha256):
            guard let file = files.withLock({ $0.removeValue(forKey: id) }) else { return }
            try file.keep()
            bodies.forget(sha256)
        case .keepManifest(let sha256):
            let body = try bodies.bodies.receive(keeps: true)
            try octets.withUnsafeBytes { try body.append($0) }
            try body.keep()
            bodies.forget(sha256)
        case .record(let change): try bodies.bodies.record(change)
        case .discard(let id): files.withLock { $0.removeValue(forKey: id) }?.discard()
        }
    }

    private func file(_ id: UploadID, keeps: Bool) throws -> any IncomingBody {
        if let known = files.withLock({ $0[id] }) { return known }
        let file = try bodies.bodies.receive(keeps: keeps)
        files.withLock { $0[id] = file }
        return file
    }

    private func run<Value: Sendable>(
        on loop: any EventLoop, _ work: @escaping @Sendable () throws -> Value, _ then: @escaping (Value?) -> Void
    ) {
        bodies.threads.runIfActive(eventLoop: loop, work).assumeIsolated().whenComplete { result in
            then(try? result.get())
        }
    }
}
