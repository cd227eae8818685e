import TapeModel

/// Follows HTTP over holes.
///
/// Where octets are missing it ends what was open, and takes each side up again where a message begins. What lies between
/// is passed over: an exchange that is half known would be taken for a whole one.
struct ResumingDecoder: Sendable {
    static let missing = ExchangeError(
        party: .recorder, code: "segments-missing",
        detail: "The capture lacks octets of this exchange: packets were not seen.")

    private let connection: ConnectionID
    private let scheme: String
    private let authority: String
    /// Nothing while a joint is looked for on both sides.
    private var decoder: ConnectionDecoder?
    private var following: Set<Side> = [.client, .server]
    private var lastNumber = 0

    init(connection: ConnectionID, scheme: String, authority: String) {
        self.connection = connection
        self.scheme = scheme
        self.authority = authority
        decoder = ConnectionDecoder(connection: connection, scheme: scheme, authority: authority)
    }

    /// The capture began in the middle: both sides are taken up where a message begins.
    mutating func joinMidway() {
        following = []
        decoder = nil
    }

    mutating func receive(_ side: Side, _ octets: Span<UInt8>, at now: Instant, into events: inout [ExchangeEvent]) {
        if !following.contains(side) {
            guard let joint = Joint.find(side, octets), join(side, joint) else { return }
            following.insert(side)
        }
        decode(&events) { decoder, events in decoder.receive(side, octets, at: now, into: &events) }
    }

    /// Octets of `side` are missing here; both sides are taken up anew, because they answer each other.
    mutating func gap(at now: Instant, into events: inout [ExchangeEvent]) {
        following = []
        decode(&events) { decoder, events in decoder.abort(Self.missing, at: now, into: &events) }
        decoder = nil
    }

    mutating func endOfStream(_ side: Side, at now: Instant, into events: inout [ExchangeEvent]) {
        guard following.contains(side) else { return }
        decode(&events) { decoder, events in decoder.endOfStream(side, at: now, into: &events) }
    }

    mutating func abort(_ error: ExchangeError, at now: Instant, into events: inout [ExchangeEvent]) {
        decode(&events) { decoder, events in decoder.abort(error, at: now, into: &events) }
    }

    private mutating func join(_ side: Side, _ joint: Joint) -> Bool {
        if let decoder { return joint == .http2 ? decoder.isHTTP2 : !decoder.isHTTP2 && decoder.openExchanges > 0 }
        // An answer in HTTP/1 says nothing without its request.
        guard side == .client || joint == .http2 else { return false }
        decoder = ConnectionDecoder(
            joining: joint, connection: connection, scheme: scheme, authority: authority, after: lastNumber)
        return true
    }

    private mutating func decode(
        _ events: inout [ExchangeEvent], _ step: (inout ConnectionDecoder, inout [ExchangeEvent]) -> Void
    ) {
        let first = events.count
        // Changed in its place: taking it out would copy what it holds.
        if decoder?.perform(step, &events) == nil { return }
        for case .requestReceived(let number, _, _, _) in events[first...] { lastNumber = number }
    }
}

extension ConnectionDecoder {
    fileprivate mutating func perform(
        _ step: (inout ConnectionDecoder, inout [ExchangeEvent]) -> Void, _ events: inout [ExchangeEvent]
    ) {
        step(&self, &events)
    }
}
