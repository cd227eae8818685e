import Glibc
import TapeStore

/// The real disk, but its operation number `failing` is refused, and all that come after it where `forGood`.
///
/// Each write takes half of what is asked, as a disk that fills up does. It counts into a box, because
/// the writer takes a value; one thread uses it.
struct SimulatedDisk: TapeFiles {
    final class Count: @unchecked Sendable {
        // Used by the one thread of a test.
        var operations = 0
        var synchronizedAfterFailure = false
        var failed = false
        var failedOperation = ""
    }

    let count = Count()
    var failing: Int
    var number: Int32
    var forGood: Bool
    private let local = LocalFiles()

    init(failing: Int, number: Int32, forGood: Bool) {
        self.failing = failing
        self.number = number
        self.forGood = forGood
    }

    private func step(_ operation: String) throws(FileFailure) {
        count.operations += 1
        if count.operations == failing || (forGood && count.operations > failing) {
            if !count.failed { count.failedOperation = operation }
            count.failed = true
            throw FileFailure(number, in: operation)
        }
    }

    func entries(of directory: String) throws(FileFailure) -> [String]? {
        try step("entries")
        return try local.entries(of: directory)
    }
    func makeDirectory(_ path: String) throws(FileFailure) {
        try step("mkdir")
        try local.makeDirectory(path)
    }
    func openForAppending(_ path: String) throws(FileFailure) -> Int32 {
        try step("open")
        return try local.openForAppending(path)
    }
    func create(_ path: String) throws(FileFailure) -> Int32 {
        try step("create")
        return try local.create(path)
    }
    func lock(_ descriptor: Int32) throws(FileFailure) -> Bool {
        try step("lock")
        return try local.lock(descriptor)
    }
    func size(_ descriptor: Int32) throws(FileFailure) -> Int64 {
        try step("fstat")
        return try local.size(descriptor)
    }
    func size(ofFile path: String) throws(FileFailure) -> Int64? {
        try step("lstat")
        return try local.size(ofFile: path)
    }
    func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        try step("read")
        return try local.read(descriptor, at: offset, count: count)
    }
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int {
        // Short writes throughout: half of what is asked.
        let half = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(1, bytes.count / 2)))
        try step("write")
        return try local.write(descriptor, half)
    }
    func truncate(_ descriptor: Int32, to length: Int64) throws(FileFailure) {
        // Room is not needed to give room back.
        if !(forGood && count.failed) { try step("ftruncate") }
        try local.truncate(descriptor, to: length)
    }
    func allocate(_ descriptor: Int32, length: Int64) throws(FileFailure) {
        try step("fallocate")
        try local.allocate(descriptor, length: length)
    }
    func synchronize(_ descriptor: Int32) throws(FileFailure) {
        if count.failed { count.synchronizedAfterFailure = true }
        try step("fsync")
        try local.synchronize(descriptor)
    }
    func synchronizeDirectory(_ path: String) throws(FileFailure) {
        try step("fsync")
        try local.synchronizeDirectory(path)
    }
    func rename(_ path: String, to target: String) throws(FileFailure) {
        try step("rename")
        try local.rename(path, to: target)
    }
    func remove(_ path: String) throws(FileFailure) { try local.remove(path) }
    func removeDirectory(_ path: String) throws(FileFailure) { try local.removeDirectory(path) }
    func close(_ descriptor: Int32) { local.close(descriptor) }
}
