import Glibc

/// A key log that grows while connections go on, read as far as it has come.
///
/// It may not be there yet, be emptied, or be replaced by another: then reading begins anew. What it held is not lost by
/// that, because secrets are remembered by whoever got them.
public final class KeyLogFollower {
    public let path: String
    private var descriptor: Int32 = -1
    private var offset: Int64 = 0
    private var identity: (device: UInt64, number: UInt64) = (0, 0)
    private var complaint: CaptureFailure?
    private var hasComplained = false

    /// Opens the log where there is one.
    /// - Throws: `.unreadableKeyLog` where there is one and it cannot be read.
    public init(path: String) throws(CaptureFailure) {
        self.path = path
        open()
        if let complaint { throw complaint }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether the log is there.
    public var isOpen: Bool { descriptor >= 0 }

    /// What was written since the last call, some tens of thousands of octets at most; nothing when all is read.
    public func read() -> [UInt8] {
        if descriptor < 0 { open() }
        guard descriptor >= 0 else { return [] }
        let octets = piece()
        if !octets.isEmpty { return octets }
        guard isOver else { return [] }
        close(descriptor)
        descriptor = -1
        open()
        // A line that the old log did not end is not continued by the new one.
        return descriptor < 0 ? [] : [0x0A] + piece()
    }

    /// Why the log cannot be read, once.
    public func takeComplaint() -> CaptureFailure? {
        defer { complaint = nil }
        guard let complaint, !hasComplained else { return nil }
        hasComplained = true
        return complaint
    }

    /// Whether there is another file in its place, or less in it than was read.
    private var isOver: Bool {
        var status = stat()
        if fstat(descriptor, &status) == 0, Int64(status.st_size) < offset { return true }
        // While there is none of that name, the old one may go on.
        guard stat(path, &status) == 0 else { return false }
        return identity != (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    private func piece() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.longestPiece) { buffer, filled in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            filled = max(0, count)
            offset += Int64(filled)
        }
    }

    private func open() {
        let opened = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else {
            if errno != ENOENT { complain(String(cString: strerror(errno))) }
            return
        }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            return complain("it is no regular file")
        }
        descriptor = opened
        offset = 0
        identity = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    private func complain(_ reason: String) {
        complaint = CaptureFailure(.unreadableKeyLog, "cannot read the key log \(path): \(reason)")
    }

    private static let longestPiece = 64 << 10
}
