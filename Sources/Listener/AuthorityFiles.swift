import Glibc

/// Where the certificate authority lives on disk, and the care that its key needs.
///
/// The directory is 0700 and the key 0600 whatever the umask; a directory that others can enter is refused rather
/// than repaired, because a key that was readable for a while must be thought stolen.
struct AuthorityFiles {
    let directory: String

    var certificatePath: String { directory + "/ca.crt" }
    var keyPath: String { directory + "/ca.key" }

    /// Makes the directory if need be and checks who may look into it.
    func prepare() throws(ListenerError) {
        try makeDirectory(directory)
        var status = stat()
        guard stat(directory, &status) == 0 else {
            throw ListenerError(.authorityUnusable, "cannot read \(directory): \(Self.reason(errno))")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ListenerError(
                .authorityUnusable,
                "\(directory) can be entered by others, so a CA key in it would be no secret; "
                    + "run: chmod 700 \(directory), and delete ca.crt and ca.key if the key may have been read")
        }
    }

    /// Whether certificate and key are both there.
    var areThere: Bool { exists(keyPath) && exists(certificatePath) }

    /// Does something that only one process may do at a time.
    ///
    /// Without it two that start at once leave the certificate of one beside the key of the other, which no later one can use.
    func whileLocked(_ work: () throws(ListenerError) -> Void) throws(ListenerError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ListenerError(.authorityUnusable, "cannot open \(directory): \(Self.reason(errno))")
        }
        defer { close(descriptor) }
        // Where a file system knows no locks, the one who starts alone is as well off without.
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        try work()
    }

    func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The text of a file of at most 1 MiB: certificates and keys are a few kilobytes.
    func read(_ path: String) throws(ListenerError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ListenerError(.authorityUnusable, "cannot read \(path): \(Self.reason(errno))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else {
            throw ListenerError(.authorityUnusable, "cannot read \(path): \(Self.reason(errno))")
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Writes a file with exactly `mode`, complete or not at all: a temporary name first, then a rename.
    func write(_ text: String, to path: String, mode: mode_t) throws(ListenerError) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw ListenerError(.authorityUnusable, "cannot write \(temporary): \(Self.reason(errno))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fchmod(descriptor, mode) == 0, fsync(descriptor) == 0,
            rename(temporary, path) == 0
        else {
            let why = Self.reason(errno)
            unlink(temporary)
            throw ListenerError(.authorityUnusable, "cannot write \(path): \(why)")
        }
    }

    private func makeDirectory(_ path: String) throws(ListenerError) {
        guard !exists(path) else { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeDirectory(String(path[..<slash]))
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST, chmod(path, 0o700) == 0 else {
            throw ListenerError(.authorityUnusable, "cannot make \(path): \(Self.reason(errno))")
        }
    }

    static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
