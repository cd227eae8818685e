public import TapeModel

/// Turns the two byte streams of one plaintext connection into exchanges.
///
/// Tells HTTP/2 from HTTP/1 by the client's first octets (RFC 9113 §3.4), and anything else it leaves alone. It never
/// repairs: what is odd becomes an anomaly, and where a boundary is ambiguous the connection is opaque from there on.
/// A value without socket, clock or tape; the proxy, packet capture and importers feed it alike.
public struct ConnectionDecoder: Sendable {
    private enum Mode: Sendable {
        case undecided
        case http1
        case http2
        case opaque
    }

    private let connection: ConnectionID
    private let origin: RequestOrigin
    private var mode = Mode.undecided
    private var prelude = Prelude()
    // Beside the mode and not inside it, because what an enum holds is copied out and in again to be changed, and this
    // happens for every read of a connection.
    private var http1: HTTP1Decoder?
    private var http2: HTTP2Decoder?

    /// `scheme` and `authority` complete the URL of a request that names neither.
    public init(connection: ConnectionID, scheme: String, authority: String) {
        self.connection = connection
        origin = RequestOrigin(scheme: scheme, authority: authority)
    }

    /// A decoder that takes a connection up in its middle, at a boundary that its caller has found: a request line or a
    /// status line in HTTP/1, a frame header in HTTP/2.
    ///
    /// `number` is that of the last exchange before.
    init(joining version: Joint, connection: ConnectionID, scheme: String, authority: String, after number: Int) {
        self.init(connection: connection, scheme: scheme, authority: authority)
        switch version {
        case .http1:
            mode = .http1
            http1 = HTTP1Decoder(connection: connection, origin: origin, after: number)
        case .http2:
            mode = .http2
            http2 = HTTP2Decoder(connection: connection, origin: origin, after: number, isJoined: true)
        }
    }

    public var openExchanges: Int { (http1?.openExchanges ?? 0) + (http2?.openExchanges ?? 0) }

    var isHTTP2: Bool {
        if case .http2 = mode { true } else { false }
    }

    public var protocolName: String {
        switch mode {
        case .undecided: "undecided"
        case .http1: "http/1.1"
        case .http2: "h2"
        case .opaque: "opaque"
        }
    }

    /// Octets that `side` sent.
    ///
    /// Ranges in the events point into `bytes` of this very call.
    public mutating func receive(
        _ side: Side, _ bytes: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]
    ) {
        switch mode {
        case .undecided:
            switch prelude.receive(side, bytes, at: now) {
            case .wait: return
            case .http1: decide(.http1, &events)
            case .http2: decide(.http2, &events)
            case .notHTTP: return becomeOpaque(&events)
            }
            receive(side, bytes, at: now, into: &events)
        case .http1:
            http1?.receive(side, bytes, at: now, into: &events)
            if http1?.isOpaque == true { stop() }
        case .http2:
            http2?.receive(side, bytes, at: now, into: &events)
            if http2?.isBroken == true { stop() }
        case .opaque: return
        }
    }

    /// That side has sent its last octet.
    public mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        if case .undecided = mode { settle(&events) }
        http1?.endOfStream(side, at: now, into: &events)
        http2?.endOfStream(side, at: now, into: &events)
        if http1?.isOpaque == true || http2?.isBroken == true { stop() }
    }

    /// The connection is gone: every open exchange ends with `error`.
    public mutating func abort(_ error: ExchangeError, at now: Instant, into events: inout [ExchangeEvent]) {
        if case .undecided = mode { settle(&events) }
        http1?.abort(error, into: &events)
        http2?.abort(error, into: &events)
        stop()
    }

    // MARK: The first octets

    /// Begins with a protocol and what was held until now, in the order in which it came.
    private mutating func decide(_ mode: Mode, _ events: inout [ExchangeEvent]) {
        let held = prelude
        prelude = Prelude()
        self.mode = mode
        switch mode {
        case .http1: http1 = HTTP1Decoder(connection: connection, origin: origin)
        case .http2: http2 = HTTP2Decoder(connection: connection, origin: origin)
        case .undecided, .opaque: return
        }
        let first = events.count
        if !held.server.isEmpty { receive(.server, held.server.span, at: held.serverStarted, into: &events) }
        if !held.client.isEmpty { receive(.client, held.client.span, at: held.clientStarted, into: &events) }
        // No request is complete in there, so nothing is content; a range would point into octets that nobody has.
        events[first...].removeAll { if case .bodyReceived = $0 { true } else { false } }
    }

    /// The connection ends before the client has said enough: what was said is still told.
    private mutating func settle(_ events: inout [ExchangeEvent]) {
        let isAnswer = prelude.server.starts(with: "HTTP/1.".utf8)
        guard isAnswer || !prelude.client.isEmpty else { return }
        decide(.http1, &events)
    }

    private mutating func becomeOpaque(_ events: inout [ExchangeEvent]) {
        stop()
        events.append(.becameOpaque(reason: "not HTTP"))
    }

    private mutating func stop() {
        mode = .opaque
        prelude = Prelude()
        http1 = nil
        http2 = nil
    }
}
