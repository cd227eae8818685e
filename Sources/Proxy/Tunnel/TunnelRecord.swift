import Listener
import NIOCore
import TapeModel
import Wire

/// What the tape is told of one tunnel: that it is open, what it carried, and how it ended.
///
/// Each is said once, in that order, whatever order the channels' last events come in.
struct TunnelRecord {
    private let tap: Tap
    private let clock: RecordingClock
    private let port: Int
    var connection: Connection
    private(set) var isOpened = false
    private var isEnded = false
    private var isBlind = false
    /// What a client of a blind tunnel sent first, until it is known whom it asked for.
    private var firstWords: ByteBuffer?
    private var bytes: [Side: Int64] = [:]
    private var closer: ConnectionEnd.Closer?
    private var error: ExchangeError?

    init(tap: Tap, clock: RecordingClock, connection: Connection, port: Int) {
        self.tap = tap
        self.clock = clock
        self.connection = connection
        self.port = port
    }

    // MARK: Beginning

    mutating func helloReceived(_ hello: ClientHello) {
        connection.clientTLS = TLSLeg(
            sni: hello.sni, alpnOffered: hello.alpn, versionsOffered: hello.versions, ciphersOffered: hello.ciphers)
    }

    /// Bytes are about to be copied.
    ///
    /// A blind tunnel is told of when its client has said whom it asks for: nothing is held up for that, the copying
    /// goes on meanwhile.
    mutating func copyingBegins(_ copying: TunnelMachine.Copying) {
        connection.mode = copying == .intercepted ? .intercept : .tunnel
        isBlind = copying == .blind
        if isBlind, connection.clientTLS == nil { firstWords = ByteBuffer() } else { open() }
    }

    mutating func open() {
        guard !isOpened else { return }
        isOpened = true
        firstWords = nil
        if let sni = connection.clientTLS?.sni { connection.authority = sni + ":\(port)" }
        tap.put(.opened(connection, scheme: connection.clientTLS == nil ? "http" : "https"))
    }

    /// The connection never carried an exchange of an origin.
    mutating func fail(_ failure: ExchangeError) {
        guard !isOpened else { return }
        connection.failure = failure
        open()
    }

    // MARK: Carrying

    mutating func received(_ side: Side, _ buffer: ByteBuffer) {
        bytes[side, default: 0] += Int64(buffer.readableBytes)
        guard isBlind else { return tap.put(.bytes(connection.id, side, buffer, at: clock.now())) }
        if firstWords != nil { listen(side, buffer) }
    }

    private mutating func listen(_ side: Side, _ buffer: ByteBuffer) {
        guard side == .client, var words = firstWords else { return open() }
        var buffer = buffer
        words.writeBuffer(&buffer)
        switch ClientHello.parse(words.readableBytesUInt8Span) {
        case .needMore:
            firstWords = words
            return
        case .hello(let hello): helloReceived(hello)
        case .notTLS, .malformed: break
        }
        open()
    }

    /// `side` has sent its last octet in order.
    mutating func inputClosed(_ side: Side) {
        if !isBlind { tap.put(.endOfStream(connection.id, side, at: clock.now())) }
    }

    // MARK: Ending

    /// The first to leave is the one who closed the connection.
    mutating func leaves(_ side: Side) {
        if closer == nil { closer = side == .client ? .client : .server }
    }

    mutating func stopped() {
        if closer == nil { closer = .recorder }
    }

    mutating func broke(_ reason: ExchangeError) {
        if error == nil { error = reason }
    }

    mutating func end() {
        guard !isEnded else { return }
        open()
        isEnded = true
        tap.put(
            .closed(
                ConnectionEnd(
                    id: connection.id, ended: clock.now(), closedBy: closer ?? .recorder,
                    clientBytes: bytes[.client] ?? 0, serverBytes: bytes[.server] ?? 0, error: error)))
    }
}
