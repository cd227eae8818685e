import Glibc

/// A file that is written in pieces and put in place at once when it is whole, or standard output.
final class StreamedOutput {
    private let path: String
    private let temporary: String?
    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var isInPlace = false

    /// `-` is standard output.
    /// - Throws: `ExitStatus.Failure` where it cannot be written to, or lies within `input`.
    init(path: String, apartFrom input: String) throws {
        self.path = path
        if path == "-" {
            guard isatty(STDOUT_FILENO) == 0 else {
                throw ExitStatus.Failure(
                    ExitStatus.usage, "a terminal cannot show packets; name a file: --output FILE")
            }
            (temporary, descriptor) = (nil, STDOUT_FILENO)
            return
        }
        guard !Self.lies(path, within: input) else {
            throw ExitStatus.Failure(
                ExitStatus.usage, "\(path) is part of \(input), which is read; name another file")
        }
        var status = stat()
        let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        // A pipe or /dev/stdout can only be written to as it is.
        temporary = isSpecial ? nil : "\(path).\(getpid()).new"
        descriptor = open(
            temporary ?? path, isSpecial ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure() }
    }

    deinit {
        if descriptor != STDOUT_FILENO, descriptor >= 0 { close(descriptor) }
        // What was there before is left alone where something failed.
        if let temporary, !isInPlace { unlink(temporary) }
    }

    func write(_ octets: [UInt8]) throws {
        pending += octets
        if pending.count >= Self.pieceSize { try flush() }
    }

    /// Puts the file in its place.
    func finish() throws {
        try flush()
        guard let temporary else { return }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure() }
        isInPlace = true
    }

    private func flush() throws {
        var rest = pending[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Whether the two are the same file, or the one lies in the directory that the other is.
    private static func lies(_ path: String, within input: String) -> Bool {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let input = real(input) else { return false }
        if real(path) == input { return true }
        guard let parent = real(parent) else { return false }
        return parent == input || parent.hasPrefix(input + "/")
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private func failure() -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.environment, "cannot write \(path): \(String(cString: strerror(errno)))")
    }

    private static let pieceSize = 256 * 1024
}
