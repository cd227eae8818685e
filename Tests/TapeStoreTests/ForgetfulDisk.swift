import Synchronization
import TapeStore
import Testing

/// The real disk, and beside it what a loss of power would leave of it after each operation.
///
/// The rules are those of POSIX and no better: octets are safe when their file was synchronised, a name when its
/// directory was. Lines are taken to reach the disk at once, synchronised or not, because that is the worst that a disk
/// can do to them: whatever they name must then be safe already.
final class ForgetfulDisk: TapeFiles {
    private struct State {
        /// Paths of open files.
        var open: [Int32: String] = [:]
        /// Octets of each file that are safe, by its present path.
        var safe: [String: [UInt8]] = [:]
        /// Names in the directory of digests that are safe, with their octets.
        var names: [String: [UInt8]] = [:]
        var operations = 0
    }

    private let state = Mutex(State())
    private let local = LocalFiles()
    let tape: String
    /// Where the remains are laid out to be looked at.
    let remains: String

    init(tape: String, remains: String) {
        self.tape = tape
        self.remains = remains
    }

    var operations: Int { state.withLock { $0.operations } }

    /// Lays out what power would leave now, and has it verified.
    private func examine() {
        state.withLock { state in
            state.operations += 1
            for name in TapeStoreTests.entries(remains + "/bodies/sha256") {
                try? local.remove(remains + "/bodies/sha256/" + name)
            }
            for (name, octets) in state.names { put(octets, remains + "/bodies/sha256/" + name) }
            put(contents(tape + "/tape.jsonl"), remains + "/tape.jsonl")
            let verification = try? TapeVerifier.verify(directory: remains)
            #expect(verification?.isGood == true, "after operation \(state.operations): \(verification as Any)")
        }
    }

    func create(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try local.create(path)
        state.withLock { state in
            state.open[descriptor] = path
            state.safe[path] = []
        }
        return descriptor
    }

    func synchronize(_ descriptor: Int32) throws(FileFailure) {
        try local.synchronize(descriptor)
        state.withLock { state in
            if let path = state.open[descriptor] { state.safe[path] = contents(path) }
        }
        examine()
    }

    func rename(_ path: String, to target: String) throws(FileFailure) {
        try local.rename(path, to: target)
        state.withLock { $0.safe[target] = $0.safe.removeValue(forKey: path) }
        examine()
    }

    func synchronizeDirectory(_ path: String) throws(FileFailure) {
        try local.synchronizeDirectory(path)
        state.withLock { state in
            guard path.hasSuffix("/sha256") else { return }
            for name in TapeStoreTests.entries(path) { state.names[name] = state.safe[path + "/" + name] ?? [] }
        }
        examine()
    }

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int {
        let count = try local.write(descriptor, bytes)
        examine()
        return count
    }

    func close(_ descriptor: Int32) {
        state.withLock { $0.open[descriptor] = nil }
        local.close(descriptor)
    }

    func entries(of directory: String) throws(FileFailure) -> [String]? { try local.entries(of: directory) }
    func makeDirectory(_ path: String) throws(FileFailure) { try local.makeDirectory(path) }
    func openForAppending(_ path: String) throws(FileFailure) -> Int32 { try local.openForAppending(path) }
    func lock(_ descriptor: Int32) throws(FileFailure) -> Bool { try local.lock(descriptor) }
    func size(_ descriptor: Int32) throws(FileFailure) -> Int64 { try local.size(descriptor) }
    func size(ofFile path: String) throws(FileFailure) -> Int64? { try local.size(ofFile: path) }
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        try local.read(descriptor, at: offset, count: count)
    }
    func truncate(_ descriptor: Int32, to length: Int64) throws(FileFailure) {
        try local.truncate(descriptor, to: length)
    }
    func allocate(_ descriptor: Int32, length: Int64) throws(FileFailure) {
        try local.allocate(descriptor, length: length)
    }
    func remove(_ path: String) throws(FileFailure) { try local.remove(path) }
    func removeDirectory(_ path: String) throws(FileFailure) { try local.removeDirectory(path) }
}
