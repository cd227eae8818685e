import Glibc
import Synchronization

/// Turns SIGINT, SIGTERM and the end of the terminal (SIGHUP) into something to wait for.
///
/// The second one ends the process at once.
final class StopSignals: Sendable {
    private struct State {
        var hasArrived = false
        var waiter: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init() {
        signal(SIGPIPE, SIG_IGN)
        // Under nohup the end of the terminal is not ours to hear.
        let numbers = [SIGINT, SIGTERM, SIGHUP].filter { $0 != SIGHUP || !Self.isIgnored($0) }
        SignalWatch.tell(numbers) { [self] _ in arrived() }
    }

    /// Whether whoever started us had us ignore this signal.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        // Handlers cannot be compared, but the number that stands for "ignore" can (signal(7)).
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    func wait() async {
        await withCheckedContinuation { continuation in onArrival { continuation.resume() } }
    }

    /// Calls `body` once, when the first signal is there; at once where it is.
    func onArrival(_ body: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            if state.hasArrived { return true }
            state.waiter = body
            return false
        }
        if isDue { body() }
    }

    private func arrived() {
        let (isSecond, waiter) = state.withLock { state in
            defer {
                state.hasArrived = true
                state.waiter = nil
            }
            return (state.hasArrived, state.waiter)
        }
        if isSecond {
            TemporaryTape.removeAll()
            _exit(130)
        }
        waiter?()
    }
}
