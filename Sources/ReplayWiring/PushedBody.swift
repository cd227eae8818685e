import Crypto
import Glibc
import Replay
import Synchronization
import TapeModel
import TapeStore

/// What a client pushes, hashed as it comes.
final class PushedBody: IncomingBody {
    private struct State {
        var hash = SHA256()
        var descriptor: Int32
    }

    private let path: String
    /// Where it is kept, under its digest.
    private let directory: String
    /// Whether it has to be there after the machine has lost its power.
    private let isLasting: Bool
    private let state: Mutex<State>

    init(descriptor: Int32, path: String, directory: String, isLasting: Bool) {
        self.path = path
        self.directory = directory
        self.isLasting = isLasting
        state = Mutex(State(descriptor: descriptor))
    }

    /// Hashes octets and keeps none.
    convenience init() { self.init(descriptor: -1, path: "", directory: "", isLasting: false) }

    func append(_ octets: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            state.hash.update(bufferPointer: octets)
            guard state.descriptor >= 0 else { return }
            var rest = octets[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = write(state.descriptor, part.baseAddress, part.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileFailure(errno, in: "write") }
                rest = rest.dropFirst(count)
            }
        }
    }

    var sha256: String { state.withLock { Hexadecimal.encode($0.hash.finalize()) } }

    func keep() throws {
        let sha256 = sha256
        try state.withLock { state in
            guard state.descriptor >= 0 else { return }
            defer {
                close(state.descriptor)
                state.descriptor = -1
            }
            do {
                let files = LocalFiles()
                // The name must not be there before the octets are (RELIABILITY.md §4).
                if isLasting { try files.synchronize(state.descriptor) }
                try files.rename(path, to: directory + "/" + sha256)
                if isLasting { try files.synchronizeDirectory(directory) }
            } catch {
                unlink(path)
                throw error
            }
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
