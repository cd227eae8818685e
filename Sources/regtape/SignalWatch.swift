import Dispatch
import Glibc
import Synchronization

/// The one place of a process that hears signals: two that listen for the same take each other's away.
enum SignalWatch {
    private struct State {
        var sources: [Int32: any DispatchSourceSignal] = [:]
        var handler: @Sendable (Int32) -> Void
    }

    private static let state = Mutex(State(handler: SignalWatch.die))

    /// Has `handler` told of these signals, in place of whoever was told before; returns when it will hear them.
    static func tell(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        let registered = DispatchSemaphore(value: 0)
        let count = state.withLock { state in
            state.handler = handler
            let news = numbers.filter { state.sources[$0] == nil }
            for number in news {
                // The default action must not win the race against the source.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { arrived(number) }
                // Sources are registered by another thread: a signal that came before that would be lost.
                source.setRegistrationHandler { registered.signal() }
                source.resume()
                state.sources[number] = source
            }
            return news.count
        }
        for _ in 0..<count { registered.wait() }
    }

    /// What comes from now on ends the process, as if nobody had ever listened.
    static func release() {
        state.withLock { $0.handler = SignalWatch.die }
    }

    /// Ends the process so that whoever waits for it sees what ended it.
    static func die(of number: Int32) {
        signal(number, SIG_DFL)
        kill(getpid(), number)
    }

    private static func arrived(_ number: Int32) {
        let handler = state.withLock { $0.handler }
        handler(number)
    }
}
