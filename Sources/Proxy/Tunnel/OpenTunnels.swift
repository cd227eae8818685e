import NIOCore
import Synchronization
import TapeModel

/// The tunnels that are under way, so that each can be ended in order when the recorder stops.
final class OpenTunnels: Sendable {
    private struct Entry: Sendable {
        let eventLoop: any EventLoop
        let stop: @Sendable () -> Void
    }

    private let entries = Mutex<[ConnectionID: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }

    /// `stop` is called on `eventLoop`, at most once.
    func insert(_ id: ConnectionID, on eventLoop: any EventLoop, stop: @escaping @Sendable () -> Void) {
        entries.withLock { $0[id] = Entry(eventLoop: eventLoop, stop: stop) }
    }

    func remove(_ id: ConnectionID) {
        entries.withLock { $0[id] = nil }
    }

    /// Ends every tunnel; when it returns the tap has been told of each end.
    func stopAll() async {
        let all = entries.withLock { entries in
            let all = Array(entries.values)
            entries.removeAll()
            return all
        }
        for entry in all { try? await entry.eventLoop.submit(entry.stop).get() }
    }
}
