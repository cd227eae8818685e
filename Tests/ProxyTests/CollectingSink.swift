import Synchronization
import TapeModel

/// A tape in memory, for tests that look at what the recorder said.
final class CollectingSink: TapeSink {
    struct Seen: Sendable {
        let connection: ConnectionID
        let request: RequestHead
        var interim: [Int] = []
        var response: ResponseHead?
        /// The first octets of each body; `lengths` count all of them.
        var bodies: [Side: [UInt8]] = [:]
        var lengths: [Side: Int] = [:]
        var trailers: [Side: [FieldLine]] = [:]
        var isOver = false
        var error: ExchangeError?
    }

    /// What is left when the sink is gone.
    final class Tape: Sendable {
        struct Content: Sendable {
            var exchanges: [Seen] = []
            var anomalies: [Anomaly] = []
            var connections: [Connection] = []
            var ends: [ConnectionEnd] = []
            var opaque: [String] = []
            fileprivate var open: [Place: Int] = [:]
        }

        fileprivate struct Place: Hashable {
            let connection: ConnectionID
            let exchange: Int
        }

        fileprivate let content = Mutex(Content())

        fileprivate let waiting = Mutex<
            [(until: @Sendable (Content) -> Bool, continuation: CheckedContinuation<Void, Never>)]
        >([])

        /// Returns when the tape is as told; a test's time limit ends a wait in vain.
        func wait(until condition: @escaping @Sendable (Content) -> Bool) async throws {
            await withCheckedContinuation { continuation in
                waiting.withLock { $0.append((condition, continuation)) }
                check()
            }
        }

        fileprivate func check() {
            let content = now
            let due = waiting.withLock { waiting in
                let due = waiting.filter { $0.until(content) }
                waiting.removeAll { $0.until(content) }
                return due
            }
            for waiter in due { waiter.continuation.resume() }
        }

        var now: Content { content.withLock { $0 } }
        var exchanges: [Seen] { now.exchanges }
        var rejected: [Anomaly] { now.anomalies.filter { $0.code == "rejected" } }
    }

    private static let mostKept = 64 * 1024
    private let tape: Tape

    init(_ tape: Tape) {
        self.tape = tape
    }

    func connectionOpened(_ connection: Connection) {
        tape.content.withLock { $0.connections.append(connection) }
    }

    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant) {
        for event in events {
            var octets: [UInt8] = []
            if case .bodyReceived(_, _, let range) = event {
                octets = bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
            }
            tape.content.withLock { Self.note(event, connection, octets, &$0) }
        }
        tape.check()
    }

    private static func note(
        _ event: ExchangeEvent, _ connection: ConnectionID, _ octets: [UInt8], _ content: inout Tape.Content
    ) {
        func change(_ number: Int, _ body: (inout Seen) -> Void) {
            guard let index = content.open[Tape.Place(connection: connection, exchange: number)] else { return }
            body(&content.exchanges[index])
        }
        switch event {
        case .requestReceived(let number, _, let head, _):
            content.open[Tape.Place(connection: connection, exchange: number)] = content.exchanges.count
            content.exchanges.append(Seen(connection: connection, request: head))
        case .interimReceived(let number, let head): change(number) { $0.interim.append(head.status) }
        case .responseReceived(let number, let head, _): change(number) { $0.response = head }
        case .bodyReceived(let number, let side, _):
            change(number) { seen in
                seen.lengths[side, default: 0] += octets.count
                if seen.bodies[side, default: []].count < mostKept { seen.bodies[side, default: []] += octets }
            }
        case .trailersReceived(let number, let side, let fields):
            change(number) { $0.trailers[side, default: []] += fields }
        case .messageEnded: break
        case .exchangeEnded(let number, let error):
            change(number) { seen in
                seen.isOver = true
                seen.error = error
            }
        case .anomalyFound(let anomaly): content.anomalies.append(anomaly)
        case .becameOpaque(let reason): content.opaque.append(reason)
        }
    }

    func connectionClosed(_ end: ConnectionEnd) {
        tape.content.withLock { $0.ends.append(end) }
        tape.check()
    }

    func gap(_ gap: Gap) {}
    func tick(at now: Instant) {}
}
