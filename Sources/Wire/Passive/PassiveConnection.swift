import TapeModel

/// One TCP connection of a capture: which protocols it carries, and what a tape is told of it.
///
/// The first octet tells TLS from the rest. Behind a CONNECT that was granted another connection begins, to the place that
/// the client named, with a record of its own.
struct PassiveConnection: Sendable {
    private enum Layer: Sendable {
        case undecided
        case plain
        case tls
    }

    /// Tunnels within tunnels that are followed; nobody needs more than one.
    private static let mostTunnels = 4

    private let opening: FlowOpening
    /// A capture that began in the middle knows neither hello nor preface.
    private var isMidway = false
    private var layer = Layer.undecided
    private var tls: TLSPassage?
    private var http: ResumingDecoder?
    private var record: PassiveRecord
    /// The connection to the proxy, once a tunnel through it has begun; and those within each other, if somebody does that.
    private var outers: [PassiveRecord] = []
    private var connectTarget: String?
    private var events: [ExchangeEvent] = []

    init(_ opening: FlowOpening, id: ConnectionID) {
        self.opening = opening
        record = PassiveRecord(
            Self.connection(opening, id, authority: opening.server, started: opening.started, connect: opening.connect),
            scheme: "http")
    }

    // MARK: What the flow carries

    mutating func receive(
        _ side: Side, _ octets: Span<UInt8>, at now: Instant, secrets: KeyLogSecrets, ids: inout ConnectionID,
        _ sink: any TapeSink
    ) {
        guard !octets.isEmpty else { return }
        if layer == .undecided { decide(side, octets) }
        switch layer {
        case .undecided: return
        case .plain:
            record.count(octets.count, from: side)
            follow(side, octets, at: now, sink)
            if let target = connectTarget, outers.count < Self.mostTunnels,
                events.contains(.becameOpaque(reason: "connect"))
            {
                enter(target, at: now, id: ids)
                ids += 1
            }
        case .tls:
            tls?.receive(side, octets, at: now, secrets: secrets)
            passOn(sink)
        }
    }

    mutating func gap(
        _ side: Side, octets: Int64?, at now: Instant, secrets: KeyLogSecrets, _ sink: any TapeSink
    ) {
        guard let octets else {
            isMidway = true
            return
        }
        record.note(
            "segments-missing", "\(octets) octets of the \(side.rawValue)'s stream were not seen.", side, at: now, sink)
        switch layer {
        case .undecided: isMidway = true
        case .plain: break
        case .tls:
            tls?.gap(side, octets: octets, at: now, secrets: secrets)
            passOn(sink)
        }
        events.removeAll(keepingCapacity: true)
        http?.gap(at: now, into: &events)
        record.record(events, Span(), at: now, sink)
    }

    mutating func endOfStream(_ side: Side, at now: Instant, secrets: KeyLogSecrets, _ sink: any TapeSink) {
        if tls != nil {
            tls?.endOfStream(side, at: now, secrets: secrets)
            passOn(sink)
        }
        events.removeAll(keepingCapacity: true)
        http?.endOfStream(side, at: now, into: &events)
        record.record(events, Span(), at: now, sink)
    }

    mutating func note(_ anomaly: FlowAnomaly, _ sink: any TapeSink) {
        record.note(anomaly.code, anomaly.detail, raw: anomaly.raw, anomaly.side, at: anomaly.seen, sink)
    }

    /// Secrets that came late may open what was held.
    mutating func retry(secrets: KeyLogSecrets, _ sink: any TapeSink) {
        guard tls != nil else { return }
        tls?.retry(secrets: secrets)
        passOn(sink)
    }

    /// Memory for what waits for secrets.
    var waitingOctets: Int { tls?.waitingOctets ?? 0 }
    /// Names the handshake in a key log.
    var clientRandom: [UInt8]? { tls?.clientRandom }

    /// Waits no longer for secrets: the memory is needed.
    mutating func stopWaiting(secrets: KeyLogSecrets, _ sink: any TapeSink) {
        tls?.stopWaiting(secrets: secrets)
        passOn(sink)
    }

    mutating func close(_ end: FlowEnd, secrets: KeyLogSecrets, _ sink: any TapeSink) {
        if tls != nil {
            tls?.finish(at: end.ended, secrets: secrets)
            passOn(sink)
            for side in [Side.client, .server] { record.count(tls?.unreadOctets(side) ?? 0, from: side) }
        }
        if let failure = PassiveFailure.opening(end.reason, record.connection.authority)
            ?? tls?.failure(closedBy: end.closedBy)
        {
            record.fail(failure, sink)
        }
        let error =
            tls?.error ?? PassiveFailure.ending(end, hasCloseNotify: tls?.hasCloseNotify == true) ?? tls?.silence
        let closer: ConnectionEnd.Closer =
            switch end.closedBy {
            case .client: .client
            case .server: .server
            case nil: .recorder
            }
        events.removeAll(keepingCapacity: true)
        http?.abort(error ?? ConnectionEnd.openExchangeError(closedBy: closer), at: end.ended, into: &events)
        record.record(events, Span(), at: end.ended, sink)
        record.close(closer, error: error, packets: end.packets, at: end.ended, sink)
        while var outer = outers.popLast() {
            outer.close(closer, error: error, packets: end.packets, at: end.ended, sink)
        }
    }

    // MARK: Layers

    private mutating func decide(_ side: Side, _ octets: Span<UInt8>) {
        // handshake, and in the middle also change_cipher_spec, alert and application data (RFC 8446 §5.1)
        let isRecord = (0x14...0x17).contains(octets[0]) && (octets.count < 2 || octets[1] == 3)
        guard isRecord, isMidway || octets[0] == 0x16 else {
            layer = .plain
            return follow(scheme: "http", midway: isMidway)
        }
        layer = .tls
        tls = TLSPassage(isMidway: isMidway)
    }

    private mutating func follow(scheme: String, midway: Bool) {
        var decoder = ResumingDecoder(
            connection: record.connection.id, scheme: scheme, authority: record.connection.authority)
        if midway { decoder.joinMidway() }
        http = decoder
    }

    private mutating func follow(_ side: Side, _ octets: Span<UInt8>, at now: Instant, _ sink: any TapeSink) {
        events.removeAll(keepingCapacity: true)
        http?.receive(side, octets, at: now, into: &events)
        for case .requestReceived(_, _, let head, _) in events where head.method == "CONNECT" {
            connectTarget = head.url
        }
        record.record(events, octets, at: now, sink)
    }

    /// Hands on what TLS gave: names and times to the record, plaintext to the decoder.
    private mutating func passOn(_ sink: any TapeSink) {
        while let step = tls?.next() {
            switch step {
            case .known(let legs):
                // What is seen on the wire is one connection: both peers' legs are the same.
                record.connection.clientTLS = legs.leg
                record.connection.serverTLS = legs.leg
                record.connection.certificates = legs.certificates
                record.connection.timing.tls = legs.handshake
                if let sni = legs.leg.sni { record.connection.authority = "\(sni):\(port)" }
                record.open(sink)
            case .plaintext(let side, let octets, let now):
                if http == nil { follow(scheme: "https", midway: tls?.isMidway == true) }
                record.count(octets.count, from: side)
                follow(side, octets.span, at: now, sink)
            case .hole(let now):
                events.removeAll(keepingCapacity: true)
                http?.gap(at: now, into: &events)
                record.record(events, Span(), at: now, sink)
            case .oddity(let side, let code, let detail, let now): record.note(code, detail, side, at: now, sink)
            }
        }
    }

    /// What follows is for the place that the client asked the proxy for.
    private mutating func enter(_ target: String, at now: Instant, id: ConnectionID) {
        outers.append(record)
        connectTarget = nil
        record = PassiveRecord(
            Self.connection(opening, id, authority: target, started: now, connect: nil), scheme: "http")
        layer = .undecided
        http = nil
    }

    private var port: String {
        record.connection.authority.split(separator: ":").last.map(String.init) ?? "443"
    }

    private static func connection(
        _ opening: FlowOpening, _ id: ConnectionID, authority: String, started: Instant, connect: Int64?
    ) -> Connection {
        var timing = Timing()
        timing.connect = connect ?? 0
        return Connection(
            id: id, source: .capture, mode: .passive, started: started, client: opening.client, authority: authority,
            server: opening.server, timing: timing)
    }
}
