import Dispatch
import Synchronization
public import TapeModel
import Wire

/// A device on its way to a tape.
///
/// Two threads: one empties the kernel's buffer into batches, one dissects them and calls the `TapeSink`. Between them
/// is a bounded queue (`FrameQueue` says what happens when it is full).
public final class LiveCapture: Sendable {
    /// What passed while the device was open.
    public struct Counts: Sendable, Hashable {
        /// Packets that matched the filter, those that were dropped included.
        public var seen: Int64 = 0
        /// Octets on the wire of those that were read.
        public var octets: Int64 = 0
        public var droppedByKernel: Int64 = 0
        public var droppedByDevice: Int64 = 0

        public init(seen: Int64 = 0, octets: Int64 = 0, droppedByKernel: Int64 = 0, droppedByDevice: Int64 = 0) {
            self.seen = seen
            self.octets = octets
            self.droppedByKernel = droppedByKernel
            self.droppedByDevice = droppedByDevice
        }
    }

    /// What is told while it goes on, on the thread that decodes.
    public struct Observer: Sendable {
        public var onLoss: @Sendable (PacketLoss) -> Void
        /// The key log cannot be read; the capture goes on without.
        public var onComplaint: @Sendable (CaptureFailure) -> Void
        /// The device failed; what is left to do is to call `finish`.
        public var onFailure: @Sendable () -> Void

        public init(
            onLoss: @escaping @Sendable (PacketLoss) -> Void,
            onComplaint: @escaping @Sendable (CaptureFailure) -> Void, onFailure: @escaping @Sendable () -> Void
        ) {
            self.onLoss = onLoss
            self.onComplaint = onComplaint
            self.onFailure = onFailure
        }
    }

    private struct State: ~Copyable {
        var capture = PassiveCapture()
        var sink: any TapeSink
        var keyLog: KeyLogFollower?
    }

    private struct Outcome {
        var counts = Counts()
        var failure: CaptureFailure?
    }

    private let reader: DeviceReader
    private let queue = FrameQueue()
    private let state: Mutex<State>
    private let outcome = Mutex(Outcome())
    private let observer: Observer
    private let hasDecoded = DispatchSemaphore(value: 0)

    /// Begins to capture; from now on the device belongs to it.
    public init(
        device: CaptureDevice, keyLog: sending KeyLogFollower?, sink: sending any TapeSink, observer: Observer
    ) {
        reader = DeviceReader(device: device, queue: queue)
        state = Mutex(State(sink: sink, keyLog: keyLog))
        self.observer = observer
        DispatchQueue(label: "regtape.capture.read").async { self.read() }
        DispatchQueue(label: "regtape.capture.decode").async { self.decode() }
    }

    /// Reads what was captured until now, ends what is open, and hands the sink over for its last word.
    ///
    /// Called once. It waits until all of that is done. `body` is told why the device stopped by itself, where it did.
    public func finish(_ body: (any TapeSink, CaptureFailure?) -> Void) -> (counts: Counts, failure: CaptureFailure?) {
        reader.stop()
        hasDecoded.wait()
        let (counts, failure) = outcome.withLock { ($0.counts, $0.failure) }
        state.withLock { state in
            let sink = state.sink
            state.capture.finish(at: SystemClock.now(), to: sink)
            body(sink, failure)
        }
        return (counts, failure)
    }

    private func read() {
        let (counts, failure) = reader.run()
        outcome.withLock { $0 = Outcome(counts: counts, failure: failure) }
        queue.end()
    }

    private func decode() {
        loop: while true {
            switch queue.next(within: Self.longestIdling) {
            case .batch(let batch):
                state.withLock { decode(batch, &$0) }
                queue.giveBack(batch)
            case .idle: state.withLock { pass(&$0) }
            case .over: break loop
            }
        }
        state.withLock { pass(&$0) }
        hasDecoded.signal()
        if outcome.withLock({ $0.failure != nil }) { observer.onFailure() }
    }

    private func decode(_ batch: FrameBatch, _ state: inout State) {
        // Whoever speaks TLS logs a secret before it sends what the secret protects. Frames that are here were sent, so
        // that a log which is read now holds what they need.
        addSecrets(&state)
        let sink = state.sink
        let octets = batch.octets
        for frame in batch.frames {
            state.capture.receive(
                octets.span.extracting(frame.octets), link: frame.link, originalLength: frame.originalLength,
                at: frame.time, to: sink)
        }
        if let lost = batch.lost {
            state.capture.dropped(packets: lost.packets, at: lost.noticed, to: sink)
            observer.onLoss(lost)
        }
        sink.tick(at: SystemClock.now())
    }

    /// Does what time asks for while no frames come.
    private func pass(_ state: inout State) {
        addSecrets(&state)
        state.sink.tick(at: SystemClock.now())
    }

    private func addSecrets(_ state: inout State) {
        guard let keyLog = state.keyLog else { return }
        while true {
            let octets = keyLog.read()
            guard !octets.isEmpty else { break }
            state.capture.addSecrets(octets.span, to: state.sink)
        }
        if let complaint = keyLog.takeComplaint() { observer.onComplaint(complaint) }
    }

    /// Milliseconds for which a key log may grow unread, and the tape be unsynchronised beyond its second.
    private static let longestIdling = 100
}
