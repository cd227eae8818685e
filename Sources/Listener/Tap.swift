public import NIOCore
import Synchronization
public import TapeModel

/// What a tap carries from the event loops to the recorder, in order for each connection.
public enum TapItem: Sendable {
    /// Said before any bytes; `scheme` and the connection's authority complete the URLs of requests.
    case opened(Connection, scheme: String)
    case bytes(ConnectionID, Side, ByteBuffer, at: Instant)
    /// That side has sent its last octet.
    case endOfStream(ConnectionID, Side, at: Instant)
    /// An exchange of which only the request's head is known to us, because nothing could be forwarded.
    case refused(ConnectionID, RequestHead, ExchangeError, at: Instant)
    case anomaly(Anomaly)
    case closed(ConnectionEnd)
    case tick(Instant)
}

/// The bounded queue between the network and the recorder.
///
/// Event loops put copies of references in, one consumer takes whole batches out. When the recorder is slower than
/// the network the queue fills, `isFull` turns true and connections stop reading until `resume` is called: memory
/// stays flat whatever the layer's size, and nothing is dropped.
public final class Tap: Sendable {
    private struct State {
        var items: [TapItem] = []
        var octets = 0
        var isConsuming = false
        var waiting: [@Sendable () -> Void] = []
    }

    /// Octets that may wait for the recorder.
    ///
    /// Large enough to keep the hash busy during a slow write of a few milliseconds, small enough to leave most of the
    /// 64 MiB budget to the sockets.
    private static let highWater = 16 << 20
    private static let lowWater = 12 << 20
    private static let batchSize = 1 << 20
    /// Items cost memory even when they carry few octets; counting this much for each bounds their number too.
    private static let itemCost = 256

    private let state = Mutex(State())
    private let isFullFlag = Atomic(false)
    private let wake: @Sendable () -> Void

    /// `wake` is called, from any thread, when a consumer should call `consume`; never again before it has.
    public init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    public var isFull: Bool { isFullFlag.load(ordering: .relaxed) }

    public func put(_ item: TapItem) {
        let mustWake = state.withLock { state in
            state.items.append(item)
            state.octets += Self.cost(of: item)
            if state.octets > Self.highWater { isFullFlag.store(true, ordering: .relaxed) }
            defer { state.isConsuming = true }
            return !state.isConsuming
        }
        if mustWake { wake() }
    }

    /// Calls `resume` once as soon as there is room: at once where there is.
    public func whenDrained(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            guard isFullFlag.load(ordering: .relaxed) else { return true }
            state.waiting.append(resume)
            return false
        }
        if hasRoom { resume() }
    }

    /// Hands everything that waits to `body`, batch after batch, until nothing does.
    ///
    /// A batch is a small part of what may wait: what was consumed is room for the loops at once, so that they fill the
    /// queue while its rest is worked on, instead of taking turns with the consumer.
    public func consume(_ body: ([TapItem]) -> Void) {
        while true {
            let (batch, spent) = state.withLock { state in
                if state.items.isEmpty { state.isConsuming = false }
                return Self.takeBatch(&state.items)
            }
            if batch.isEmpty { return }
            body(batch)
            let resumed: [@Sendable () -> Void] = state.withLock { state in
                state.octets -= spent
                guard state.octets <= Self.lowWater, isFullFlag.load(ordering: .relaxed) else { return [] }
                isFullFlag.store(false, ordering: .relaxed)
                return exchange(&state.waiting, for: [])
            }
            for resume in resumed { resume() }
        }
    }

    private static func takeBatch(_ items: inout [TapItem]) -> (batch: [TapItem], cost: Int) {
        var cost = 0
        for (index, item) in items.enumerated() {
            cost += Self.cost(of: item)
            guard cost >= batchSize, index + 1 < items.count else { continue }
            let batch = Array(items[...index])
            items.removeFirst(index + 1)
            return (batch, cost)
        }
        return (exchange(&items, for: []), cost)
    }

    private static func cost(of item: TapItem) -> Int {
        // The whole allocation counts and not only what is readable: a slice keeps all of it alive.
        if case .bytes(_, _, let buffer, _) = item { return buffer.storageCapacity + itemCost }
        return itemCost
    }
}

private func exchange<Value>(_ place: inout Value, for new: Value) -> Value {
    let old = place
    place = new
    return old
}
