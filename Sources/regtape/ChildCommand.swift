import Glibc

/// Runs a command in our own process group, so that the terminal's Ctrl-C reaches it as if we were not there.
enum ChildCommand {
    /// The exit status as a shell would give it: 128 and the number of the signal that ended the command.
    static func run(_ words: [String], environment changes: [String: String]) async throws -> Int32 {
        // The command decides what Ctrl-C means; we outlive it to finish the tape.
        signal(SIGINT, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        let process = try spawn(words, changes)
        return await withCheckedContinuation { continuation in
            // A thread of its own may wait as long as the command takes; the pool of Swift's tasks may not.
            let waiter = Waiter(process: process) { continuation.resume(returning: $0) }
            waiter.start()
        }
    }

    private static func spawn(_ words: [String], _ changes: [String: String]) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGQUIT, SIGPIPE, SIGTERM] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        for (name, value) in changes { setenv(name, value, 1) }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let code = posix_spawnp(&process, words[0], nil, &attributes, &arguments, environ)
        guard code == 0 else {
            // As a shell: 127 for a command that is not there, 126 for one that cannot be run.
            throw ExitStatus.Failure(
                code == ENOENT ? 127 : 126, "cannot run \(words[0]): \(String(cString: strerror(code)))")
        }
        return process
    }
}

/// Waits for one process on a thread of its own.
private final class Waiter: Sendable {
    private let process: pid_t
    private let report: @Sendable (Int32) -> Void

    init(process: pid_t, report: @escaping @Sendable (Int32) -> Void) {
        self.process = process
        self.report = report
    }

    func start() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().wait()
                return nil
            }, context)
        pthread_detach(thread)
    }

    private func wait() {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7F
        report(number == 0 ? (status >> 8) & 0xFF : 128 + number)
    }
}
