import Listener
import NIOCore
import TapeModel

/// What the tape is told of one upstream connection: opened once, closed once, in between its octets.
struct LegRecord {
    var connection: Connection
    private let scheme: String
    private let tap: Tap
    private let clock: RecordingClock
    private var octets: [Side: Int64] = [:]
    private var isOpened = false
    private var isEnded = false
    private var closer: ConnectionEnd.Closer?
    private var endError: ExchangeError?

    init(_ connection: Connection, scheme: String, tap: Tap, clock: RecordingClock) {
        self.connection = connection
        self.scheme = scheme
        self.tap = tap
        self.clock = clock
    }

    mutating func opened() {
        guard !isOpened else { return }
        isOpened = true
        tap.put(.opened(connection, scheme: scheme))
    }

    /// The connection never carried an exchange.
    mutating func failed(_ error: ExchangeError) {
        guard !isOpened else { return }
        connection.failure = error
        opened()
    }

    /// Octets of another protocol are counted and not kept.
    mutating func bytes(_ side: Side, _ buffer: ByteBuffer, isOpaque: Bool) {
        octets[side, default: 0] += Int64(buffer.readableBytes)
        if !isOpaque { tap.put(.bytes(connection.id, side, buffer, at: clock.now())) }
    }

    func endOfStream() {
        tap.put(.endOfStream(connection.id, .server, at: clock.now()))
    }

    /// The origin ended it, with an error where it broke; a later close of ours is but the consequence.
    mutating func broken(_ error: ExchangeError?) {
        if closer == nil { closer = .server }
        if endError == nil { endError = error }
    }

    /// We close it, for ourselves or because the client is gone.
    mutating func closing(_ error: ExchangeError?) {
        if closer == nil { closer = error?.party == .client ? .client : .recorder }
        if endError == nil { endError = error }
    }

    mutating func ended(by otherwise: ConnectionEnd.Closer) {
        guard isOpened, !isEnded else { return }
        isEnded = true
        tap.put(
            .closed(
                ConnectionEnd(
                    id: connection.id, ended: clock.now(), closedBy: closer ?? otherwise,
                    clientBytes: octets[.client] ?? 0, serverBytes: octets[.server] ?? 0, error: endError)))
    }
}
