public import TapeModel

/// Turns the two byte streams of one plaintext connection into exchanges.
///
/// Tells HTTP/2 from HTTP/1 by the client's first octets (RFC 9113 §3.4), and anything else it leaves alone. It never
/// repairs: what is odd becomes an anomaly, and where a boundary is ambiguous the connection is opaque from there on.
/// A value without socket, clock or tape; the proxy, packet capture and importers feed it alike.
public struct ConnectionDecoder: Sendable {
    private enum Mode: Sendable {
        /// What either side sent before the client's first octets were enough to decide.
        case undecided(client: [UInt8], server: [UInt8])
        case http1(HTTP1Decoder)
        case http2(HTTP2Decoder)
        case opaque
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// A server that says this much before the client says a word does not speak HTTP.
    private static let longestServerPrelude = 4 * 1024

    private let connection: ConnectionID
    private let origin: RequestOrigin
    private var mode = Mode.undecided(client: [], server: [])

    /// `scheme` and `authority` complete the URL of a request that names neither.
    public init(connection: ConnectionID, scheme: String, authority: String) {
        self.connection = connection
        origin = RequestOrigin(scheme: scheme, authority: authority)
    }

    public var openExchanges: Int {
        switch mode {
        case .http1(let decoder): decoder.openExchanges
        case .http2(let decoder): decoder.openExchanges
        case .undecided, .opaque: 0
        }
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
        case .undecided(let client, let server):
            decide(side, bytes, client, server, now, &events)
        case .http1(var decoder):
            // The machine is taken out while it works, so that its arrays are not copied.
            mode = .opaque
            decoder.receive(side, bytes, at: now, into: &events)
            mode = decoder.isOpaque ? .opaque : .http1(decoder)
        case .http2(var decoder):
            mode = .opaque
            decoder.receive(side, bytes, at: now, into: &events)
            mode = decoder.isBroken ? .opaque : .http2(decoder)
        case .opaque:
            break
        }
    }

    /// That side has sent its last octet.
    public mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        switch mode {
        case .http1(var decoder):
            decoder.endOfStream(side, at: now, into: &events)
            mode = .http1(decoder)
        case .http2(var decoder):
            decoder.endOfStream(side, into: &events)
            mode = .http2(decoder)
        case .undecided, .opaque:
            break
        }
    }

    /// The connection is gone: every open exchange ends with `error`.
    public mutating func abort(_ error: ExchangeError, at now: Instant, into events: inout [ExchangeEvent]) {
        switch mode {
        case .http1(var decoder): decoder.abort(error, into: &events)
        case .http2(var decoder): decoder.abort(error, into: &events)
        case .undecided, .opaque: break
        }
        mode = .opaque
    }

    private mutating func decide(
        _ side: Side, _ bytes: Span<UInt8>, _ client: [UInt8], _ server: [UInt8], _ now: Instant,
        _ events: inout [ExchangeEvent]
    ) {
        guard side == .client else {
            guard server.count + bytes.count <= Self.longestServerPrelude else { return becomeOpaque(&events) }
            mode = .undecided(client: client, server: server + Self.copy(bytes))
            return
        }
        switch Self.judge(client, bytes) {
        case .wait: mode = .undecided(client: client + Self.copy(bytes), server: server)
        case .opaque: becomeOpaque(&events)
        case .http1:
            mode = .http1(HTTP1Decoder(connection: connection, origin: origin))
            replay(.client, client, now, &events)
            receive(.client, bytes, at: now, into: &events)
            replay(.server, server, now, &events)
        case .http2:
            // Part of the preface may lie in earlier octets; the decoder is told how much of it is still to come.
            mode = .http2(
                HTTP2Decoder(connection: connection, origin: origin, prefaceLeft: Self.preface.count - client.count))
            receive(.client, bytes, at: now, into: &events)
            replay(.server, server, now, &events)
        }
    }

    /// Octets held before the decision are few and belong to heads; a body range into them would point nowhere.
    private mutating func replay(_ side: Side, _ held: [UInt8], _ now: Instant, _ events: inout [ExchangeEvent]) {
        guard !held.isEmpty else { return }
        receive(side, held.span, at: now, into: &events)
    }

    private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
        bytes.withUnsafeBufferPointer { Array($0) }
    }

    private enum Judgement {
        case wait
        case http1
        case http2
        case opaque
    }

    private static func judge(_ held: [UInt8], _ bytes: Span<UInt8>) -> Judgement {
        var count = 0
        var couldBePreface = true
        func octet(_ index: Int) -> UInt8 { index < held.count ? held[index] : bytes[index - held.count] }
        let total = held.count + bytes.count
        while count < total {
            let octet = octet(count)
            if couldBePreface {
                if octet != preface[count] {
                    couldBePreface = false
                } else if count + 1 == preface.count {
                    return .http2
                } else {
                    count += 1
                    continue
                }
            }
            // A method is a token of at most some twenty octets, followed by a space. Empty lines may come first.
            if octet == Octets.space { return count > 0 ? .http1 : .opaque }
            if octet == Octets.carriageReturn || octet == Octets.lineFeed { return count < 4 ? .http1 : .opaque }
            guard Octets.isToken(octet), count < 24 else { return .opaque }
            count += 1
        }
        return .wait
    }

    private mutating func becomeOpaque(_ events: inout [ExchangeEvent]) {
        mode = .opaque
        events.append(.becameOpaque(reason: "not HTTP"))
    }
}
