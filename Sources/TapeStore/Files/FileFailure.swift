import Glibc

/// One operation on a file that the system refused.
public struct FileFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system's `errno`.
    public var number: Int32
    /// The call that failed, such as `write`.
    public var operation: String

    public init(_ number: Int32, in operation: String) {
        self.number = number
        self.operation = operation
    }

    /// Whether there is no room, as against a device that is broken: only then may more be written.
    public var isFull: Bool { number == ENOSPC || number == EDQUOT }

    /// Whether octets that were written before may be lost: no second attempt can say otherwise.
    public var isLostSynchronization: Bool { operation == "fsync" || operation == "fdatasync" }

    var isMissing: Bool { number == ENOENT }

    public var description: String {
        switch number {
        case ENOSPC: "no space left on the device"
        case EDQUOT: "disk quota used up"
        case EACCES, EPERM: "permission denied"
        case EROFS: "the file system is read-only"
        case ENOENT: "no such file or directory"
        case ENOTDIR: "not a directory"
        case EMFILE, ENFILE: "too many open files"
        case EIO: "the device failed in \(operation)"
        default: "\(operation) failed with error \(number)"
        }
    }
}
