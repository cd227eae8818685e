import Glibc

/// Reads a file that a person named, whole.
///
/// It is a regular file, or a pipe that a shell has put in the place of one: `<(…)`, `/dev/stdin`. Anything else is
/// refused: nobody may ever write to a named pipe, and some devices have no end.
enum SmallFile {
    /// All of a file as text; nothing where it cannot be read, or is longer than `limit`.
    static func read(_ path: String, limit: Int) -> String? {
        // Without waiting: to open a named pipe is to wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard isReadable(descriptor) else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece.prefix(count)
        }
        return nil
    }

    /// At most 1 MiB.
    static func read(_ path: String) -> String? { read(path, limit: 1 << 20) }

    private static func isReadable(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return true
        case S_IFIFO: return isNameless(descriptor) && waits(descriptor)
        default: return false
        }
    }

    /// Whether a pipe is one of pipe(2): whoever gave it to us holds, or has closed, its other end.
    private static func isNameless(_ descriptor: Int32) -> Bool {
        var target = [UInt8](repeating: 0, count: 16)
        let count = target.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlink("/proc/self/fd/\(descriptor)", $0, buffer.count) } ?? -1
        }
        // proc(5): a name begins with a slash, what has none is called by its type.
        return count > 0 && target.starts(with: "pipe:[".utf8)
    }

    private static func waits(_ descriptor: Int32) -> Bool {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK) == 0
    }
}
