import Glibc

/// Puts a whole file in place at once: whoever opens it sees the old one or the new one, never a part.
enum OutputFile {
    /// - Throws: `ExitStatus.Failure` where it cannot be written; what was there before is then left alone.
    static func write(_ text: String, to path: String) throws {
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        // A pipe or /dev/stdout can only be written to as it is.
        let target = isSpecial ? path : "\(path).\(getpid()).new"
        let flags = isSpecial ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        let descriptor = open(target, flags, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        do {
            try put(Array(text.utf8), descriptor, path)
            guard isSpecial || fsync(descriptor) == 0 else { throw failure(path) }
            close(descriptor)
            guard isSpecial || rename(target, path) == 0 else { throw failure(path) }
        } catch {
            if !isSpecial { unlink(target) }
            throw error
        }
    }

    private static func put(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure(path)
                close(descriptor)
                throw error
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ path: String) -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.environment, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
