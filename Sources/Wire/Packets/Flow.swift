import TapeModel

/// One TCP connection: who is who in it, its handshake, its two streams, and how it ends (RFC 9293 §3.5 to §3.10).
///
/// Every event that comes of a segment is behind `opened`, which is put in front of the first of them: the time that
/// connecting took is then known, where it can be.
struct Flow: Sendable {
    enum Phase: Sendable, Hashable {
        /// SYN was seen and no answer to it.
        case halfOpen
        /// The answer was seen, and not what completes the handshake.
        case answered
        case open
        /// `closed` was told; what comes now is late.
        case closed(FlowEnd.Reason)
    }

    /// A SYN within an open flow: either somebody's trick, or the ports are used anew and the end was not captured.
    ///
    /// Only what is answered, or goes on from it, shows which.
    private struct Renewal: Sendable {
        let side: Side
        let arrival: SegmentArrival
    }

    /// What is to be done with a segment beyond what this flow did with it.
    enum Verdict {
        case taken
        case ignored
        /// It belongs to a new connection between the same ends.
        case renewed
        /// As `renewed`, and the SYN that began it was this one, from the same side or the other.
        case renewedBy(SegmentArrival, Side)
    }

    let id: FlowID
    let key: FlowKey
    /// Whether the client is the lower end of the key.
    let clientIsLower: Bool
    private(set) var phase: Phase
    private var client: HalfStream
    private var server: HalfStream
    private let started: Instant
    private(set) var lastSeen: Instant
    private var connect: Int64?
    private var isTold = false
    private var segments = 0
    private var repeatedSYNs = 0
    private var clientScale: UInt8?
    private var serverScale: UInt8?
    private var hasToldEarlyOctets = false
    private var renewal: Renewal?
    private var closedBy: Side?

    /// Begins with a segment from the lower or the higher end.
    ///
    /// Who is the client is said by SYN, or by its answer. A capture that began later leaves only the ports: servers
    /// listen on lower ones than the ephemeral ports of clients (RFC 6335 §6), and with the same on both ends, who is
    /// seen first is taken for the client.
    init(id: FlowID, key: FlowKey, first arrival: SegmentArrival, fromLower: Bool) {
        let segment = arrival.segment
        let senderIsClient: Bool
        if segment.isSYN {
            senderIsClient = !segment.isACK
        } else {
            senderIsClient = segment.sourcePort >= segment.destinationPort
        }
        self.id = id
        self.key = key
        clientIsLower = senderIsClient == fromLower
        phase = segment.isSYN ? (segment.isACK ? .answered : .halfOpen) : .open
        client = HalfStream(flow: id, side: .client)
        server = HalfStream(flow: id, side: .server)
        started = arrival.at
        lastSeen = arrival.at
        // The answer to a SYN that was not captured tells where both streams begin.
        if segment.isSYN, segment.isACK { client.place(at: segment.acknowledgement, isFromStart: true) }
    }

    var heldCost: Int { client.heldCost + server.heldCost }

    var isClosed: Bool { if case .closed = phase { true } else { false } }

    func side(fromLower: Bool) -> Side { fromLower == clientIsLower ? .client : .server }

    mutating func receive(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, from side: Side, _ share: inout StreamShare,
        into events: inout [FlowEvent]
    ) -> Verdict {
        lastSeen = max(lastSeen, arrival.at)
        if case .closed(let reason) = phase { return afterEnd(arrival.segment, side, reason) }
        let count = events.count
        defer { if !isTold, events.count > count { tellOpening(at: count, arrival.at, share, &events) } }
        segments += 1
        if arrival.segment.isRST { return reset(arrival, side, &share, &events) }
        if arrival.segment.isSYN {
            if let verdict = synchronise(arrival, side, share) { return verdict }
        } else if let renewal, renewal.side == side, phase == .open,
            renewal.arrival.segment.firstOctet == arrival.segment.sequence, arrival.segment.length > 0
        {
            return .renewedBy(renewal.arrival, renewal.side)
        }
        if phase == .halfOpen, side == .server, !arrival.segment.isSYN, arrival.segment.length == 0 {
            // What a server says that still knows an older connection (RFC 9293 §3.10.7.3): no word of this one.
            return .ignored
        }
        exchange(arrival, octets, side, &share, &events)
        if client.hasEnded, server.hasEnded { close(.finished, at: arrival.at, &share, into: &events) }
        return .taken
    }

    /// Lets both streams know what the segment says of them.
    private mutating func exchange(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ side: Side, _ share: inout StreamShare,
        _ events: inout [FlowEvent]
    ) {
        let segment = arrival.segment
        if segment.length > 0 || segment.isFIN || !segment.isSYN { completeHandshake(arrival, side, share, &events) }
        if segment.isFIN, closedBy == nil { closedBy = side }
        switch side {
        case .client:
            client.receive(arrival, octets, &share, into: &events)
            if segment.isACK {
                let window = Int64(segment.window) << shift(clientScale, segment)
                server.acknowledge(segment.acknowledgement, window: window, at: arrival.at, segment: segments, share)
                if !segment.isSYN { client.offered(window: segment.window, at: arrival.at, share, into: &events) }
            }
        case .server:
            server.receive(arrival, octets, &share, into: &events)
            if segment.isACK {
                let window = Int64(segment.window) << shift(serverScale, segment)
                client.acknowledge(segment.acknowledgement, window: window, at: arrival.at, segment: segments, share)
                if !segment.isSYN { server.offered(window: segment.window, at: arrival.at, share, into: &events) }
            }
        }
        client.review(at: arrival.at, segment: segments, &share, into: &events)
        server.review(at: arrival.at, segment: segments, &share, into: &events)
        if client.isAcknowledgedToEnd, server.isAcknowledgedToEnd {
            // Both ends have all: what was not seen until now is not sent again.
            client.flush(at: arrival.at, &share, into: &events)
            server.flush(at: arrival.at, &share, into: &events)
        }
    }

    /// Windows are scaled where both sides offered it (RFC 7323 §2.2), and never in a SYN.
    ///
    /// In a capture that began later the scale is unknown; the window is then taken as it stands, which is only used to
    /// tell plausible numbers from others, with much room to spare.
    private func shift(_ scale: UInt8?, _ segment: TCPSegment) -> Int {
        guard let scale, clientScale != nil, serverScale != nil, !segment.isSYN else { return 0 }
        return Int(scale)
    }

    // MARK: Handshake

    /// Takes SYN and the answer to it; gives a verdict where the segment is not to be looked at further.
    private mutating func synchronise(
        _ arrival: SegmentArrival, _ side: Side, _ share: StreamShare
    ) -> Verdict? {
        let segment = arrival.segment
        let (own, other) = side == .client ? (client, server) : (server, client)
        if let base = own.base, own.isFromStart || phase == .open, base != segment.firstOctet {
            return renew(arrival, side)
        }
        if segment.isACK, phase == .halfOpen || phase == .answered, let expected = other.base,
            segment.acknowledgement != expected, segment.acknowledgement &- expected > UInt32(max(0, synLength))
        {
            // An answer to another SYN than this one (RFC 9293 §3.10.7.3).
            return .ignored
        }
        switch side {
        case .client:
            clientScale = segment.windowScale ?? clientScale
            if own.base != nil, !segment.isACK, segments > 1 { repeatedSYNs += 1 }
            client.place(at: segment.firstOctet, isFromStart: true)
            synLength = max(synLength, segment.length)
        case .server:
            serverScale = segment.windowScale ?? serverScale
            server.place(at: segment.firstOctet, isFromStart: true)
            // A SYN from here without ACK is one side of a simultaneous open (RFC 9293 §3.5): the answer comes later.
            if segment.isACK, phase == .halfOpen {
                phase = .answered
                connect = arrival.at.microseconds(since: started)
            }
        }
        return nil
    }

    /// Octets that came with the SYN (RFC 7413): the answer may acknowledge them or not.
    private var synLength = 0

    private mutating func renew(_ arrival: SegmentArrival, _ side: Side) -> Verdict {
        let segment = arrival.segment
        if !segment.isACK {
            // While nothing is open, another SYN is another attempt.
            if phase == .halfOpen { return .renewed }
            renewal = Renewal(side: side, arrival: arrival)
            return .ignored
        }
        guard let renewal, renewal.side != side,
            segment.acknowledgement &- renewal.arrival.segment.firstOctet
                <= UInt32(truncatingIfNeeded: renewal.arrival.segment.length)
        else { return .ignored }
        return .renewedBy(renewal.arrival, renewal.side)
    }

    private mutating func completeHandshake(
        _ arrival: SegmentArrival, _ side: Side, _ share: StreamShare, _ events: inout [FlowEvent]
    ) {
        guard phase != .open else { return }
        let segment = arrival.segment
        let isEarly = side == .server || phase == .halfOpen || segment.isSYN
        if segment.length > 0, isEarly, !hasToldEarlyOctets {
            hasToldEarlyOctets = true
            client.note(
                "octets-before-handshake", "The \(side.rawValue) sent octets before the handshake was complete.",
                arrival.at, share, &events)
        }
        if side == .client, !segment.isSYN, segment.isACK {
            // The last part of the handshake: where the answer was not captured, it tells where the server begins.
            server.place(at: segment.acknowledgement, isFromStart: true)
        }
        if !segment.isSYN, segment.isACK, side == .client || segment.length > 0 { phase = .open }
    }

    // MARK: Ends

    /// A reset counts within the window of its receiver only; one outside is noted, and the flow goes on.
    private mutating func reset(
        _ arrival: SegmentArrival, _ side: Side, _ share: inout StreamShare, _ events: inout [FlowEvent]
    ) -> Verdict {
        let segment = arrival.segment
        let stream = side == .client ? client : server
        if phase == .halfOpen, side == .server {
            // Without the number of the SYN it comes from somebody who has not seen it.
            let expected = client.base ?? 0
            if segment.isACK, segment.acknowledgement &- expected <= UInt32(truncatingIfNeeded: synLength) {
                closedBy = .server
                close(.refused, at: arrival.at, &share, into: &events)
                return .taken
            }
        } else if stream.base == nil || stream.isInWindow(segment.sequence) {
            if closedBy == nil { closedBy = side }
            close(.reset(side), at: arrival.at, &share, into: &events)
            return .taken
        }
        switch side {
        case .client:
            client.note("reset", "A reset outside the window, which ends nothing.", arrival.at, share, &events)
        case .server:
            server.note("reset", "A reset outside the window, which ends nothing.", arrival.at, share, &events)
        }
        return .taken
    }

    /// Late segments of an ended flow are nothing, but for those that show another connection.
    private func afterEnd(_ segment: TCPSegment, _ side: Side, _ reason: FlowEnd.Reason) -> Verdict {
        if segment.isRST { return .ignored }
        let stream = side == .client ? client : server
        if segment.isSYN { return stream.base == segment.firstOctet ? .ignored : .renewed }
        guard segment.length > 0, stream.base != nil,
            stream.offset(of: segment.firstOctet) + Int64(segment.length) > stream.next
        else { return .ignored }
        switch reason {
        case .finished, .reset(side):
            // More octets from who has said that there are none: the end was not theirs, or this is not the same flow.
            return .renewed
        case .reset, .noAnswer, .refused, .captureEnded, .forgotten:
            return .ignored
        }
    }

    /// Ends a flow that had no end of its own.
    mutating func end(
        _ reason: FlowEnd.Reason, at now: Instant, _ share: inout StreamShare, into events: inout [FlowEvent]
    ) {
        guard !isClosed else { return }
        let count = events.count
        let isUnanswered = phase == .halfOpen && now.microseconds(since: started) >= share.limits.answer
        close(isUnanswered ? .noAnswer : reason, at: now, &share, into: &events)
        if !isTold { tellOpening(at: count, now, share, &events) }
    }

    /// Gives up the holes of both streams, because the memory is needed.
    mutating func release(at now: Instant, _ share: inout StreamShare, into events: inout [FlowEvent]) {
        let count = events.count
        client.release(at: now, &share, into: &events)
        server.release(at: now, &share, into: &events)
        if !isTold, events.count > count { tellOpening(at: count, now, share, &events) }
        if client.hasEnded, server.hasEnded { close(.finished, at: now, &share, into: &events) }
    }

    private mutating func close(
        _ reason: FlowEnd.Reason, at now: Instant, _ share: inout StreamShare, into events: inout [FlowEvent]
    ) {
        client.flush(at: now, &share, into: &events)
        server.flush(at: now, &share, into: &events)
        phase = .closed(reason)
        let packets = PacketCounts(client: client.counts, server: server.counts)
        events.append(.closed(id, FlowEnd(reason: reason, ended: now, closedBy: closedBy, packets: packets)))
    }

    private mutating func tellOpening(
        at index: Int, _ now: Instant, _ share: StreamShare, _ events: inout [FlowEvent]
    ) {
        isTold = true
        let lower = key.lower.text(port: key.lowerPort)
        let higher = key.higher.text(port: key.higherPort)
        let opening = FlowOpening(
            client: clientIsLower ? lower : higher, server: clientIsLower ? higher : lower, started: started,
            connect: connect)
        events.insert(.opened(id, opening), at: index)
        guard repeatedSYNs > 0 else { return }
        events.insert(
            .anomaly(
                id,
                FlowAnomaly(
                    side: .client, seen: started, code: "retransmission",
                    detail: "SYN was sent \(repeatedSYNs + 1) times.")), at: index + 1)
    }
}
