import Dispatch
import Synchronization
import TapeStore

/// The real disk, but synchronising a body waits until the test lets it go on, and then fails where it shall.
///
/// It shows what a disk that takes seconds does, without seconds.
struct GatedDisk: TapeFiles {
    private final class Gate: Sendable {
        let entered = DispatchSemaphore(value: 0)
        let released = DispatchSemaphore(value: 0)
        let bodies = Mutex<Set<Int32>>([])
        let failure = Mutex<FileFailure?>(nil)
    }

    private let gate = Gate()
    private let local = LocalFiles()

    /// Waits until the disk is at work on a body.
    func awaitWork() { gate.entered.wait() }

    /// Lets the disk end the work that it is at.
    func release(failing failure: FileFailure? = nil) {
        gate.failure.withLock { $0 = failure }
        gate.released.signal()
    }

    func create(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try local.create(path)
        if path.contains("/incoming-") { gate.bodies.withLock { _ = $0.insert(descriptor) } }
        return descriptor
    }

    func synchronize(_ descriptor: Int32) throws(FileFailure) {
        if gate.bodies.withLock({ $0.contains(descriptor) }) {
            gate.entered.signal()
            gate.released.wait()
            if let failure = gate.failure.withLock({ $0 }) { throw failure }
        }
        try local.synchronize(descriptor)
    }

    func close(_ descriptor: Int32) {
        gate.bodies.withLock { _ = $0.remove(descriptor) }
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
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int {
        try local.write(descriptor, bytes)
    }
    func truncate(_ descriptor: Int32, to length: Int64) throws(FileFailure) {
        try local.truncate(descriptor, to: length)
    }
    func allocate(_ descriptor: Int32, length: Int64) throws(FileFailure) {
        try local.allocate(descriptor, length: length)
    }
    func synchronizeDirectory(_ path: String) throws(FileFailure) { try local.synchronizeDirectory(path) }
    func rename(_ path: String, to target: String) throws(FileFailure) { try local.rename(path, to: target) }
    func remove(_ path: String) throws(FileFailure) { try local.remove(path) }
    func removeDirectory(_ path: String) throws(FileFailure) { try local.removeDirectory(path) }
}
