import Crypto
import Glibc
import Replay
import Synchronization
import TapeModel

/// What a client pushes, hashed as it comes.
final class PushedBody: IncomingBody {
    struct DiskFailure: Error {
        let number: Int32
    }

    private struct State {
        var hash = SHA256()
        var descriptor: Int32
        var isKept = false
    }

    private let path: String
    private let kept: @Sendable (String) -> String
    private let state: Mutex<State>

    /// Without a descriptor the octets are hashed and not kept.
    init(descriptor: Int32, path: String, kept: @escaping @Sendable (String) -> String) {
        self.path = path
        self.kept = kept
        state = Mutex(State(descriptor: descriptor))
    }

    func append(_ octets: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            state.hash.update(bufferPointer: octets)
            guard state.descriptor >= 0 else { return }
            var rest = octets[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = write(state.descriptor, part.baseAddress, part.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw DiskFailure(number: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    var sha256: String { state.withLock { Hexadecimal.encode($0.hash.finalize()) } }

    func keep() throws {
        let sha256 = sha256
        try state.withLock { state in
            guard state.descriptor >= 0 else { return }
            close(state.descriptor)
            state.descriptor = -1
            state.isKept = true
            guard rename(path, kept(sha256)) == 0 else { throw DiskFailure(number: errno) }
        }
    }

    func discard() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            close(state.descriptor)
            state.descriptor = -1
            unlink(path)
        }
    }
}
