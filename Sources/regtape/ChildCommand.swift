import Glibc
import Synchronization

/// Runs a command in our own process group, so that the terminal's Ctrl-C reaches it as if we were not there.
enum ChildCommand {
    /// The exit status as a shell would give it: 128 and the number of the signal that ended the command.
    static func run(_ words: [String], environment changes: [String: String]) async throws -> Int32 {
        // The command decides what Ctrl-C means; we outlive it to finish the tape. What `nohup` or a shell has made us
        // ignore stays ignored by the command as well.
        let reset = ([SIGINT, SIGQUIT] + SignalForwarding.numbers).filter { !StopSignals.isIgnored($0) }
        for number in [SIGINT, SIGQUIT] { signal(number, SIG_IGN) }
        SignalForwarding.begin()
        let process = try spawn(words, changes, defaults: reset + [SIGPIPE])
        SignalForwarding.start(to: process)
        defer { SignalForwarding.stop() }
        return await withCheckedContinuation { continuation in
            // A thread of its own may wait as long as the command takes; the pool of Swift's tasks may not.
            let waiter = Waiter(process: process) { continuation.resume(returning: $0) }
            waiter.start()
        }
    }

    private static func spawn(
        _ words: [String], _ changes: [String: String], defaults numbers: [Int32]
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in numbers { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // The threads that run tasks block nearly all signals, and a mask is inherited: Ctrl-C would not end the command.
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

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

/// Passes on to the command what was sent to us alone, by `kill` or a job runner that gives up: the command ends first,
/// then the tape is finished.
///
/// Plain handlers, because a signal that comes while a dispatch source is still being set up is lost. All that they do is
/// allowed in one (signal-safety(7)): atomics and kill.
private enum SignalForwarding {
    static let numbers = [SIGTERM, SIGHUP]

    private static let process = Atomic<pid_t>(0)
    /// What came before the command was there.
    private static let early = Atomic<Int32>(0)

    /// Before the command starts, so that none of these can end us between its start and `start(to:)`.
    static func begin() {
        for number in numbers where !StopSignals.isIgnored(number) {
            signal(number) { SignalForwarding.forward($0) }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    static func start(to started: pid_t) {
        process.store(started, ordering: .sequentiallyConsistent)
        sendEarly()
    }

    /// Once the command has been waited for, its number may belong to another process.
    static func stop() {
        process.store(0, ordering: .sequentiallyConsistent)
    }

    private static func forward(_ number: Int32) {
        early.store(number, ordering: .sequentiallyConsistent)
        // Whoever takes the number out sends it: here, or `start` when it has just been overtaken.
        sendEarly()
    }

    private static func sendEarly() {
        let target = process.load(ordering: .sequentiallyConsistent)
        guard target > 0 else { return }
        let number = early.exchange(0, ordering: .sequentiallyConsistent)
        if number > 0 { kill(target, number) }
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
