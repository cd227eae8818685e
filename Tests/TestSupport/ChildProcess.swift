import Foundation
import Glibc
import Synchronization

/// A program started by a test: its output is kept, a line of it can be awaited, and it is ended by its pid alone.
///
/// Not Foundation's `Process`: that one waits on a run loop, and its pipes fill up where nobody reads.
public final class ChildProcess: Sendable {
    public enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(bySignal: Int32)
    }

    public enum Stream: Sendable {
        case standardOutput
        case standardError
    }

    /// What a finished program left behind.
    public struct Outcome: Sendable, CustomStringConvertible {
        public let ending: Ending
        public let output: [UInt8]
        public let error: [UInt8]

        public var succeeded: Bool { ending == .exited(0) }
        public var outputText: String { String(decoding: output, as: UTF8.self) }
        public var errorText: String { String(decoding: error, as: UTF8.self) }
        public var description: String { "\(ending)\n--- output\n\(outputText)--- error\n\(errorText)" }
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private struct State {
        var output: [UInt8] = []
        var error: [UInt8] = []
        var openPipes = 2
        var ending: Ending?
        var waiters: [Waiter] = []
        var nextWaiter = 0

        /// All is known only when both pipes are at their end, which may be later than the end of the process.
        var isOver: Bool { ending != nil && openPipes == 0 }
    }

    private struct Waiter {
        let id: Int
        let condition: @Sendable (borrowing State) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    public let pid: Int32
    /// The command as a person would type it, for messages.
    public let command: String
    private let state = Mutex(State())
    /// Held from the making of pipes to the spawn.
    ///
    /// Without `pipe2` (a GNU extension that Swift does not see) a child started at the same moment by another test
    /// would inherit our write ends, and we would never read their end.
    private static let starting = Mutex(())

    /// Starts `executable`.
    ///
    /// `environment` is added to ours; a value of nil takes a variable away.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String?] = [:],
        directory: String? = nil
    ) throws {
        command = ([executable] + arguments).joined(separator: " ")
        var merged = ProcessInfo.processInfo.environment
        for (name, value) in environment { merged[name] = value }
        // There is no portable way to say it to posix_spawn, but env knows how.
        let line = (directory.map { ["/usr/bin/env", "--chdir=\($0)"] } ?? []) + [executable] + arguments
        let variables = merged.map { "\($0.key)=\($0.value)" }
        let (pid, output, error) = try Self.starting.withLock { _ in
            let output = try Self.pipe()
            let error = try Self.pipe()
            defer {
                close(output.write)
                close(error.write)
            }
            let pid = try Self.spawn(line, environment: variables, output: output.write, error: error.write)
            return (pid, output.read, error.read)
        }
        self.pid = pid
        read(output, into: .standardOutput)
        read(error, into: .standardError)
        reap()
    }

    /// Runs a program to its end; after `limit` it is killed and the call fails with what was printed so far.
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String?] = [:],
        directory: String? = nil, within limit: Duration = .seconds(120)
    ) async throws -> Outcome {
        let child = try ChildProcess(executable, arguments, environment: environment, directory: directory)
        return try await child.finished(within: limit)
    }

    /// Waits for the end; after `limit` kills it and throws.
    public func finished(within limit: Duration = .seconds(60)) async throws -> Outcome {
        guard await wait(within: limit, until: { $0.isOver }) else {
            signal(SIGKILL)
            _ = await wait(within: .seconds(5), until: { $0.isOver })
            throw Failure(description: "\(command): not finished after \(limit)\n\(printed)")
        }
        return state.withLock { state in
            Outcome(ending: state.ending ?? .exited(-1), output: state.output, error: state.error)
        }
    }

    /// Waits until the program has printed a line that contains `text`, and returns that line without its end.
    public func line(
        containing text: String, on stream: Stream = .standardError, within limit: Duration = .seconds(30)
    ) async throws -> String {
        let wanted = Array(text.utf8)
        let found: @Sendable (borrowing State) -> Bool = { state in
            Self.line(containing: wanted, in: stream == .standardOutput ? state.output : state.error) != nil
                || state.isOver
        }
        _ = await wait(within: limit, until: found)
        let octets = state.withLock { stream == .standardOutput ? $0.output : $0.error }
        guard let line = Self.line(containing: wanted, in: octets) else {
            throw Failure(description: "\(command): no line with “\(text)”\n\(printed)")
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Sends a signal, unless the process has ended: a pid that was reaped may belong to another by now.
    public func signal(_ number: Int32) {
        state.withLock { state in
            if state.ending == nil { kill(pid, number) }
        }
    }

    public var isRunning: Bool { state.withLock { $0.ending == nil } }

    /// Everything printed so far.
    public var printed: String {
        state.withLock { state in
            "--- output\n\(String(decoding: state.output, as: UTF8.self))"
                + "--- error\n\(String(decoding: state.error, as: UTF8.self))"
        }
    }
}

extension ChildProcess {
    /// Whether `condition` came true within `limit`.
    ///
    /// It is looked at after each change, not at intervals.
    private func wait(
        within limit: Duration, until condition: @escaping @Sendable (borrowing State) -> Bool
    ) async -> Bool {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let alarm = Task {
            try await Task.sleep(for: limit)
            let late = state.withLock { state in
                let index = state.waiters.firstIndex { $0.id == id }
                return index.map { state.waiters.remove(at: $0) }
            }
            late?.continuation.resume(returning: false)
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            let isTrueAlready = state.withLock { state in
                if condition(state) { return true }
                state.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                return false
            }
            if isTrueAlready { continuation.resume(returning: true) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let satisfied = state.withLock { state in
            body(&state)
            var satisfied: [Waiter] = []
            var waiting: [Waiter] = []
            for waiter in state.waiters {
                if waiter.condition(state) { satisfied.append(waiter) } else { waiting.append(waiter) }
            }
            state.waiters = waiting
            return satisfied
        }
        for waiter in satisfied { waiter.continuation.resume(returning: true) }
    }

    private func read(_ descriptor: Int32, into stream: Stream) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                change { state in
                    switch stream {
                    case .standardOutput: state.output += buffer[..<count]
                    case .standardError: state.error += buffer[..<count]
                    }
                }
            }
            close(descriptor)
            change { $0.openPipes -= 1 }
        }
    }

    private func reap() {
        Thread.detachNewThread { [self] in
            var information = siginfo_t()
            // Looked at without taking it first: the pid stays ours until `ending` is set under the lock.
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            change { state in
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                let signal = status & 0x7F
                state.ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(bySignal: signal)
            }
        }
    }

    private static func line(containing wanted: [UInt8], in octets: [UInt8]) -> ArraySlice<UInt8>? {
        let whole = octets.lastIndex(of: 0x0A).map { octets[..<$0] } ?? []
        return whole.split(separator: 0x0A).first { $0.firstRange(of: wanted) != nil }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "no pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ command: [String], environment: [String], output: Int32, error: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, error, 2)

        // The test runner may ignore signals that the program under test must be able to get.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argumentPointers = command.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, command[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard status == 0 else {
            throw Failure(description: "cannot start \(command[0]): \(String(cString: strerror(status)))")
        }
        return pid
    }
}
