import Glibc

/// The operating system's own files.
///
/// Interrupted calls are made again; nothing else is retried, least of all `fsync`, which after one failure reports
/// success for pages that are lost.
public struct LocalFiles: TapeFiles {
    private let isDurable: Bool

    /// What is not `isDurable` may be lost with the power: for a tape that goes with its process.
    public init(isDurable: Bool = true) {
        self.isDurable = isDurable
    }

    public func entries(of directory: String) throws(FileFailure) -> [String]? {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return nil }
            throw FileFailure(errno, in: "opendir")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    public func makeDirectory(_ path: String) throws(FileFailure) {
        if mkdir(path, 0o700) == 0 {
            // The umask may have taken bits away from us too.
            _ = try call("chmod") { chmod(path, 0o700) }
        } else if errno != EEXIST {
            throw FileFailure(errno, in: "mkdir")
        }
    }

    public func openForAppending(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try call("open") { open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600) }
        return try restricted(descriptor)
    }

    public func create(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try call("open") { open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        return try restricted(descriptor)
    }

    /// Opens a regular file to read, without a right to change it.
    ///
    /// A tape of a stranger may hold links and pipes under the names of its files; a link is not followed, and a pipe
    /// not waited for.
    func openForReading(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = try call("open") { open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileFailure(EINVAL, in: "open")
        }
        return descriptor
    }

    private func restricted(_ descriptor: Int32) throws(FileFailure) -> Int32 {
        do throws(FileFailure) {
            _ = try call("fchmod") { fchmod(descriptor, 0o600) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    public func lock(_ descriptor: Int32) throws(FileFailure) -> Bool {
        var region = flock()
        region.l_type = Int16(F_WRLCK)
        region.l_whence = Int16(SEEK_SET)
        // Locks of the open file description (fcntl(2)) end with a crash and, unlike classic ones, hold within
        // one process too. The constant is hidden from Swift by _GNU_SOURCE.
        let setOpenFileLock: Int32 = 37
        if fcntl(descriptor, setOpenFileLock, &region) == 0 { return true }
        if errno == EAGAIN || errno == EACCES { return false }
        throw FileFailure(errno, in: "fcntl")
    }

    public func size(_ descriptor: Int32) throws(FileFailure) -> Int64 {
        var status = stat()
        _ = try call("fstat") { fstat(descriptor, &status) }
        return Int64(status.st_size)
    }

    public func size(ofFile path: String) throws(FileFailure) -> Int64? {
        var status = stat()
        if lstat(path, &status) == 0 { return Int64(status.st_size) }
        if errno == ENOENT { return nil }
        throw FileFailure(errno, in: "lstat")
    }

    public func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(FileFailure) -> [UInt8] {
        var failure: FileFailure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let result = pread(descriptor, rest.baseAddress, rest.count, off_t(offset &+ Int64(filled)))
                if result > 0 {
                    filled += result
                } else if result == 0 {
                    return
                } else if errno != EINTR {
                    failure = FileFailure(errno, in: "read")
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    public func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(FileFailure) -> Int {
        while true {
            let result = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            if result > 0 || bytes.isEmpty { return result }
            // A write of nothing that is no error would be tried for ever.
            if result == 0 { throw FileFailure(EIO, in: "write") }
            if errno != EINTR { throw FileFailure(errno, in: "write") }
        }
    }

    public func truncate(_ descriptor: Int32, to length: Int64) throws(FileFailure) {
        _ = try call("ftruncate") { ftruncate(descriptor, off_t(length)) }
    }

    public func allocate(_ descriptor: Int32, length: Int64) throws(FileFailure) {
        let number = posix_fallocate(descriptor, 0, off_t(length))
        if number != 0 { throw FileFailure(number, in: "posix_fallocate") }
    }

    public func synchronize(_ descriptor: Int32) throws(FileFailure) {
        guard isDurable else { return }
        // The length of a file is data to fdatasync; only times are left behind.
        if fdatasync(descriptor) != 0 { throw FileFailure(errno, in: "fdatasync") }
    }

    public func synchronizeDirectory(_ path: String) throws(FileFailure) {
        guard isDurable else { return }
        let descriptor = try call("open") { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw FileFailure(errno, in: "fsync") }
    }

    public func rename(_ path: String, to target: String) throws(FileFailure) {
        _ = try call("rename") { Glibc.rename(path, target) }
    }

    public func remove(_ path: String) throws(FileFailure) {
        if unlink(path) != 0, errno != ENOENT { throw FileFailure(errno, in: "unlink") }
    }

    public func removeDirectory(_ path: String) throws(FileFailure) {
        if rmdir(path) != 0, errno != ENOENT { throw FileFailure(errno, in: "rmdir") }
    }

    public func close(_ descriptor: Int32) {
        // Linux frees the descriptor whatever it answers; what was written is judged by `synchronize` alone.
        _ = Glibc.close(descriptor)
    }

    private func call(_ operation: String, _ body: () -> Int32) throws(FileFailure) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw FileFailure(errno, in: operation) }
        }
    }
}
