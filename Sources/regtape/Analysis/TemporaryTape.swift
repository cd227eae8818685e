import Glibc
import Synchronization

/// A place for the tape that is made of a capture while a command reads it: this user's alone, and gone with the command.
///
/// However that ends: in order, by `exit`, or by a signal. Only what cannot be caught, SIGKILL and the loss of power, leaves
/// it behind.
final class TemporaryTape: Sendable {
    let directory: String
    /// Whether signals are still ours to hear.
    private let isWatching = Mutex(true)

    /// All of this process, for those who end it.
    private static let all = Mutex<Set<String>>([])
    private static let exitHandler: Void = { _ = atexit { TemporaryTape.removeAll() } }()

    /// - Throws: `ExitStatus.Failure` where there is no room for it.
    init() throws {
        let parent = StateDirectory.variable("TMPDIR") ?? "/tmp"
        // mkdtemp makes it 0700: what a capture holds is nobody else's.
        var template = Array((parent + "/regtape-capture.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ExitStatus.Failure(
                ExitStatus.environment,
                "cannot make a directory in \(parent): \(String(cString: strerror(errno))); set TMPDIR to one that you can write"
            )
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        directory = path
        _ = Self.all.withLock { $0.insert(path) }
        _ = Self.exitHandler
        watchSignals()
    }

    /// The tape itself, to be made.
    var tape: String { directory + "/capture.tape" }

    /// Signals are another's from now on, who ends the command in order.
    func leaveSignals() { isWatching.withLock { $0 = false } }

    func remove() {
        Self.remove(directory)
        if isWatching.withLock({ $0 }) { SignalWatch.release() }
    }

    /// Takes away all that there are: the process is about to end.
    static func removeAll() {
        for path in all.withLock({ $0 }) { remove(path) }
    }

    private func watchSignals() {
        // Whoever stops listening to us, such as `head`, is told by the write that fails, and the command then exits.
        signal(SIGPIPE, SIG_IGN)
        SignalWatch.tell([SIGINT, SIGTERM, SIGHUP].filter { !StopSignals.isIgnored($0) }) { number in
            Self.removeAll()
            SignalWatch.die(of: number)
        }
    }

    private static func remove(_ path: String) {
        // A thread that still writes may put something in while it is emptied; it finds no place for it the next time.
        for _ in 0..<10 where empty(path) && rmdir(path) == 0 { break }
        _ = all.withLock { $0.remove(path) }
    }

    /// Whether all that was there is gone.
    private static func empty(_ path: String) -> Bool {
        guard let entries = opendir(path) else { return errno == ENOENT }
        defer { closedir(entries) }
        var isEmpty = true
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let inside = path + "/" + name
            // A link is unlinked and not followed.
            let isGone = unlink(inside) == 0 || (errno == EISDIR && empty(inside) && rmdir(inside) == 0)
            isEmpty = isEmpty && isGone
        }
        return isEmpty
    }
}
