import Glibc
public import Listener
import NIOCore
public import NIOPosix
import Synchronization
public import TapeModel
import Wire

/// Takes batches from the tap, decodes them and hands the result to the tape, on one thread away from the event loops.
public final class Recorder: Sendable {
    private struct State: ~Copyable {
        /// Nothing until the tape is open; what the tap holds by then is recorded when it is.
        var sink: (any TapeSink)?
        var decoders: [ConnectionID: DecoderPlace] = [:]
        /// Exchanges that are open on all connections together, kept by difference: counting anew with each batch would
        /// cost more the more connections there are.
        var open = 0
        /// Reused from batch to batch, because an allocation for each read would be the dearest part of a small one.
        var events: [ExchangeEvent] = []
    }

    public let tap: Tap
    private let state: Mutex<State>
    private let threads: NIOThreadPool
    private let openCount = Atomic(0)

    /// Exchanges whose end has not been seen yet.
    public var openExchanges: Int { openCount.load(ordering: .relaxed) }

    /// `threads` is a pool of one thread: the sink is called by one at a time and in order.
    public static func make(threads: NIOThreadPool) -> Recorder {
        let slot = RecorderSlot()
        let tap = Tap {
            threads.submit { _ in slot.recorder.withLock { $0 }?.gatherAndWork() }
        }
        let recorder = Recorder(tap: tap, threads: threads)
        slot.recorder.withLock { $0 = recorder }
        return recorder
    }

    private init(tap: Tap, threads: NIOThreadPool) {
        self.tap = tap
        self.threads = threads
        state = Mutex(State())
    }

    /// Opens a sink and begins to write to it, first what has been waiting.
    public func attach(_ open: @Sendable () throws -> sending any TapeSink) throws {
        try state.withLock { $0.sink = try open() }
        threads.submit { [self] _ in work() }
    }

    /// Records everything that was put into the tap so far and then hands the sink over for its last word.
    public func finish(_ body: @escaping @Sendable (any TapeSink) -> Void) async {
        await withCheckedContinuation { continuation in
            threads.submit { [self] _ in
                work()
                state.withLock { state in
                    if let sink = state.sink { body(sink) }
                    state.sink = nil
                }
                continuation.resume()
            }
        }
    }

    /// Lets a little come together before it is worked on.
    ///
    /// Waking this thread costs a loop a system call and the machine two switches, for each read of each connection while
    /// traffic comes in small pieces. Nobody waits for the recorder meanwhile: what fills up in this time is far less
    /// than the tap holds.
    private func gatherAndWork() {
        usleep(Self.gathering)
        work()
    }

    private func work() {
        guard state.withLock({ $0.sink != nil }) else { return }
        tap.consume { batch in
            state.withLock { state in
                for item in batch { Self.handle(item, &state) }
                openCount.store(state.open, ordering: .relaxed)
            }
        }
    }

    /// Microseconds.
    private static let gathering: UInt32 = 200

    private static func handle(_ item: TapItem, _ state: inout State) {
        switch item {
        case .opened(let connection, let scheme):
            state.sink?.connectionOpened(connection)
            guard connection.failure == nil else { return }
            state.decoders[connection.id] = DecoderPlace(
                ConnectionDecoder(connection: connection.id, scheme: scheme, authority: connection.authority))
        case .bytes(let id, let side, let buffer, let now):
            decode(id, buffer.readableBytesUInt8Span, now, &state) { decoder, events in
                decoder.receive(side, buffer.readableBytesUInt8Span, at: now, into: &events)
            }
        case .endOfStream(let id, let side, let now):
            decode(id, Span(), now, &state) { decoder, events in decoder.endOfStream(side, at: now, into: &events) }
        case .refused(let id, let head, let error, let now):
            record(
                [.requestReceived(exchange: 0, stream: nil, head, started: now), .exchangeEnded(exchange: 0, error)],
                of: id, at: now, state)
        case .anomaly(let anomaly):
            record([.anomalyFound(anomaly)], of: anomaly.connection, at: anomaly.seen, state)
        case .closed(let end):
            let error = end.error ?? ConnectionEnd.openExchangeError(closedBy: end.closedBy)
            decode(end.id, Span(), end.ended, &state) { decoder, events in
                decoder.abort(error, at: end.ended, into: &events)
            }
            state.decoders[end.id] = nil
            state.sink?.connectionClosed(end)
        case .tick(let now):
            state.sink?.tick(at: now)
        }
    }

    private static func decode(
        _ id: ConnectionID, _ bytes: Span<UInt8>, _ now: Instant, _ state: inout State,
        _ step: (inout ConnectionDecoder, inout [ExchangeEvent]) -> Void
    ) {
        guard let place = state.decoders[id] else { return }
        state.events.removeAll(keepingCapacity: true)
        let before = place.decoder.openExchanges
        step(&place.decoder, &state.events)
        state.open += place.decoder.openExchanges - before
        guard !state.events.isEmpty else { return }
        state.sink?.record(state.events, of: id, bytes: bytes, at: now)
    }

    private static func record(
        _ events: [ExchangeEvent], of id: ConnectionID, at now: Instant, _ state: borrowing State
    ) {
        state.sink?.record(events, of: id, bytes: Span(), at: now)
    }
}

/// Where the decoder of one connection stays while it works: a value in a dictionary would be looked up twice, and copied
/// by whoever is not careful.
private final class DecoderPlace {
    var decoder: ConnectionDecoder

    init(_ decoder: ConnectionDecoder) {
        self.decoder = decoder
    }
}

/// Breaks the circle between a tap that wakes its recorder and a recorder that owns its tap.
private final class RecorderSlot: Sendable {
    let recorder = Mutex<Recorder?>(nil)
}
