import TapeModel

/// One direction of a flow: takes segments in any order, tells octets in theirs.
///
/// Sequence numbers are kept as 64-bit offsets from the first octet of the stream, so that nothing below this line
/// thinks of their wrap. For every octet one thing is told and once: itself, or the gap that it is in.
struct HalfStream: Sendable {
    let flow: FlowID
    let side: Side

    /// Sequence number of the octet with offset 0, where it is known.
    private(set) var base: UInt32?
    /// Whether offset 0 is the first octet of the stream, rather than the first that the capture knows.
    var isFromStart = false
    /// Offset of the next octet to tell: all before it are told.
    private(set) var next: Int64 = 0
    /// Offset behind the last octet, once FIN was seen.
    private(set) var end: Int64?
    private(set) var hasEnded = false
    private var endSeen = Instant(microseconds: 0)
    private var held = HeldPieces()

    /// What the receiver acknowledged last.
    ///
    /// The latest word, not the highest: a damaged number is so forgotten.
    private(set) var acknowledged: Int64?
    /// Offset up to which the receiver has offered room.
    private var edge: Int64 = 0
    /// Since when, and since which segment of the flow, octets are acknowledged that were not seen.
    private var beyondSince: (at: Instant, segment: Int)?
    /// Since when octets wait for those in front of them.
    private var holeSince: Instant?
    /// Segments that wait since then.
    private var waiting = 0

    private(set) var counts = PacketCounts.Direction()
    private var hasNoRoom = false
    private var wasUrgent = false
    private var hasToldStart = false
    private var newest = OctetHistory.none
    /// Where the last segment ended that was too far away to be believed.
    private var strayEnd: UInt32?
    private var anomalies = 0
    private var conflicts = 0

    init(flow: FlowID, side: Side) {
        self.flow = flow
        self.side = side
    }

    var heldCost: Int { held.cost }
    /// Whether the receiver has said that it has all octets and the FIN behind them.
    var isAcknowledgedToEnd: Bool {
        guard let end, let acknowledged else { return false }
        return acknowledged > end
    }

    /// Says which sequence number the first octet has, unless that is known.
    mutating func place(at sequence: UInt32, isFromStart: Bool) {
        guard base == nil else { return }
        base = sequence
        self.isFromStart = isFromStart
    }

    /// Where a sequence number lies in the stream: within 2^31 of what is expected next (RFC 9293 §3.4).
    func offset(of sequence: UInt32) -> Int64 {
        let expected = (base ?? sequence) &+ UInt32(truncatingIfNeeded: next)
        return next + Int64(Int32(bitPattern: sequence &- expected))
    }

    // MARK: Segments of this side

    /// Takes the octets and the FIN of a segment that this side sent.
    mutating func receive(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ share: inout StreamShare, into events: inout [FlowEvent]
    ) {
        let segment = arrival.segment
        place(at: segment.firstOctet, isFromStart: segment.isSYN)
        if segment.isURG, segment.urgentPointer > 0, !wasUrgent {
            wasUrgent = true
            // Where the octet goes differs between systems and even between programs (RFC 6093 §3).
            note(
                "urgent", "Octets are marked urgent; they are told in their place in the stream.", arrival.at, share,
                &events)
        }
        let length = segment.length
        guard length > 0 || segment.isFIN else { return }
        let start = offset(of: segment.firstOctet)
        if length > 0 { counts.segments += 1 }
        if start == next, end == nil, length > 0, held.start.map({ start + Int64(length) <= $0 }) ?? true {
            receiveNext(arrival, octets, &share, &events)
            if segment.isFIN { receiveEnd(start + Int64(length), arrival.at, &share, &events) }
        } else {
            guard let believed = believedStart(start, arrival, &share, &events) else { return }
            if length > 0 { receiveElsewhere(arrival, octets, believed, &share, &events) }
            if segment.isFIN { receiveEnd(believed + Int64(length), arrival.at, &share, &events) }
        }
        tellEnd(&events)
    }

    /// The path that nearly all octets of a capture take: they come next, and nothing of them is held.
    private mutating func receiveNext(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ share: inout StreamShare, _ events: inout [FlowEvent]
    ) {
        let range = arrival.segment.payload
        tellStart(arrival.at, &events)
        if !range.isEmpty {
            newest = share.history.keep(octets.extracting(range), start: next, before: newest)
            next += Int64(range.count)
            let told = arrival.isFrame ? FlowOctets.frame(range) : .held(Octets.copy(octets, range))
            events.append(.octets(flow, side, told, at: arrival.at))
        }
        if arrival.segment.missing > 0 { tellGap(Int64(arrival.segment.missing), arrival.at, &events) }
        strayEnd = nil
        if !held.isEmpty { drain(filledAt: arrival.at, &share, &events) }
    }

    /// The offset of a segment, unless it is too far from all that is going on to be believed.
    ///
    /// Two such segments, of which the second goes on where the first ended, are believed: the capture was interrupted.
    private mutating func believedStart(
        _ start: Int64, _ arrival: SegmentArrival, _ share: inout StreamShare,
        _ events: inout [FlowEvent]
    ) -> Int64? {
        let highest = max(next, edge, held.end ?? 0)
        let reach = share.limits.reach
        let sequence = arrival.segment.firstOctet
        if start - reach <= highest, start + reach >= next {
            strayEnd = nil
            return start
        }
        defer { strayEnd = sequence &+ UInt32(truncatingIfNeeded: arrival.segment.length) }
        guard strayEnd == sequence, end == nil else {
            note(
                "outside-window", "A segment lies \(start - next) octets from what is expected, and is left out.",
                arrival.at, share, &events)
            return nil
        }
        // Always forward: behind what was told there is nothing to go on with. Perhaps it was 4 GiB more.
        let distance = sequence &- ((base ?? 0) &+ UInt32(truncatingIfNeeded: next))
        let believed = next + Int64(distance)
        while next < believed { giveUp(upTo: believed, arrival.at, &share, &events) }
        return max(believed, next)
    }

    /// Takes octets that do not simply come next: seen before, too early, partly so, or cut by the snap length.
    private mutating func receiveElsewhere(
        _ arrival: SegmentArrival, _ frame: Span<UInt8>, _ start: Int64, _ share: inout StreamShare,
        _ events: inout [FlowEvent]
    ) {
        var octets = frame.extracting(arrival.segment.payload)
        var missing = Int64(arrival.segment.missing)
        var start = start
        if let end, start + Int64(octets.count) + missing > end {
            note(
                "octets-after-end", "Octets behind the end that FIN gave are left out.", arrival.at, share, &events,
                raw: Octets.copy(octets, 0..<min(octets.count, share.limits.ambiguousOctets)))
            let room = max(0, end - start)
            missing = min(missing, max(0, room - Int64(octets.count)))
            octets = octets.extracting(0..<min(octets.count, Int(room)))
            guard room > 0 else { return }
        }
        let segmentEnd = start + Int64(octets.count) + missing
        var conflict: OverlapConflict?
        if start < next {
            // A keep-alive probe sends one octet again that was acknowledged, with any content (RFC 9293 §3.8.4).
            if segmentEnd == next, segmentEnd - start == 1, let acknowledged, acknowledged >= next {
                counts.segments -= 1
                return
            }
            share.history.compare(octets, start: start, newest: newest, into: &conflict)
            let old = min(next - start, Int64(octets.count))
            octets = octets.extracting(Int(old)..<octets.count)
            missing = min(missing, max(0, segmentEnd - next))
            start = max(next, start)
        }
        var added: Int64 = 0
        if segmentEnd > start {
            let cost = held.cost
            added = held.insert(start: start, octets, missing: missing, at: arrival.at, into: &conflict)
            share.held += held.cost - cost
        }
        if let conflict { tell(conflict, arrival.at, share, &events) }
        if added == 0 {
            counts.retransmitted += 1
            note("retransmission", "\(arrival.segment.length) octets came again.", arrival.at, share, &events)
        }
        if start == next {
            // Whatever of it is first in line; an octet cut off by the snap length becomes a gap here.
            drain(filledAt: waiting > 0 ? arrival.at : nil, &share, &events)
        } else if added > 0 {
            waiting += 1
            if holeSince == nil { holeSince = arrival.at }
            while held.cost > share.limits.heldPerStream, let first = held.start {
                giveUp(upTo: first, arrival.at, &share, &events)
            }
        }
    }

    private mutating func receiveEnd(
        _ offset: Int64, _ now: Instant, _ share: inout StreamShare, _ events: inout [FlowEvent]
    ) {
        if let end {
            if offset != end { note("octets-after-end", "A second FIN gives another end.", now, share, &events) }
        } else if offset < next {
            note("octets-after-end", "FIN lies \(next - offset) octets before the end.", now, share, &events)
        } else {
            end = offset
            endSeen = now
            let cost = held.cost
            if held.cut(at: offset) {
                note("octets-after-end", "Octets behind the end that FIN gives are left out.", now, share, &events)
            }
            share.held += held.cost - cost
        }
    }

    // MARK: What the other side says of this stream

    /// Takes the acknowledgement and the window of a segment that the receiver of this stream sent.
    mutating func acknowledge(
        _ number: UInt32, window: Int64, at now: Instant, segment count: Int, _ share: StreamShare
    ) {
        place(at: number, isFromStart: false)
        let offset = offset(of: number)
        // What nobody can have sent, nobody can have received (RFC 9293 §3.10.7.4).
        guard offset <= max(next, held.end ?? 0, edge) + share.limits.reach, offset + share.limits.reach >= next else {
            return
        }
        acknowledged = offset
        edge = max(edge, offset + window)
        if beyond == nil {
            beyondSince = nil
        } else if beyondSince == nil {
            beyondSince = (now, count)
        }
    }

    /// The offset up to which the receiver has octets that were not seen; FIN counts as one and is none.
    private var beyond: Int64? {
        guard let acknowledged else { return nil }
        let offset = min(acknowledged, end ?? acknowledged)
        // One alone, with nothing known behind it, is far more often a FIN that the capture missed.
        return offset > next + (end == nil && held.isEmpty ? 1 : 0) ? offset : nil
    }

    /// Gives up holes that nothing will fill any more.
    mutating func review(
        at now: Instant, segment count: Int, _ share: inout StreamShare, into events: inout [FlowEvent]
    ) {
        if let since = beyondSince {
            guard
                now.microseconds(since: since.at) >= share.limits.patience
                    || count - since.segment >= share.limits.patienceInSegments
            else { return }
            while let beyond { giveUp(upTo: beyond, now, &share, &events) }
            beyondSince = nil
            tellEnd(&events)
        }
        while let since = holeSince, now.microseconds(since: since) >= share.limits.longPatience, let first = held.start
        {
            giveUp(upTo: first, now, &share, &events)
            tellEnd(&events)
        }
    }

    /// Tells all that is still held: nothing more will come.
    mutating func flush(at now: Instant, _ share: inout StreamShare, into events: inout [FlowEvent]) {
        while let first = held.start { giveUp(upTo: first, now, &share, &events) }
        if let beyond { giveUp(upTo: beyond, now, &share, &events) }
        if let end { giveUp(upTo: end, now, &share, &events) }
        tellEnd(&events)
    }

    /// Gives up all holes but keeps the stream going: the memory is needed.
    mutating func release(at now: Instant, _ share: inout StreamShare, into events: inout [FlowEvent]) {
        while let first = held.start { giveUp(upTo: first, now, &share, &events) }
        tellEnd(&events)
    }

    /// Counts how often this side says that it has no room (RFC 9293 §3.8.6).
    mutating func offered(window: UInt16, at now: Instant, _ share: StreamShare, into events: inout [FlowEvent]) {
        guard (window == 0) != hasNoRoom else { return }
        hasNoRoom = window == 0
        guard hasNoRoom else { return }
        counts.zeroWindows += 1
        note("zero-window", "This side has no room for more octets.", now, share, &events)
    }

    /// Whether a reset with this number is one that the receiver obeys (RFC 9293 §3.10.7.4): within its window.
    func isInWindow(_ sequence: UInt32) -> Bool {
        let offset = offset(of: sequence)
        let lowest = min(next, acknowledged ?? next)
        return offset >= lowest && offset <= max(next, edge, held.end ?? 0)
    }

    // MARK: Telling

    /// Tells the hole in front of the first held piece, but not beyond `limit`, as a gap, and then what it held up.
    private mutating func giveUp(
        upTo limit: Int64, _ now: Instant, _ share: inout StreamShare, _ events: inout [FlowEvent]
    ) {
        let target = min(limit, held.start ?? limit)
        if target > next { tellGap(target - next, now, &events) }
        waiting = 0
        drain(filledAt: nil, &share, &events)
    }

    /// Tells what is held and next in line; `filledAt` is when a late segment made it so.
    private mutating func drain(
        filledAt: Instant?, _ share: inout StreamShare, _ events: inout [FlowEvent]
    ) {
        let cost = held.cost
        while let start = held.start, start <= next, let piece = held.popFirst() {
            tellStart(piece.seen, &events)
            if !piece.octets.isEmpty {
                newest = share.history.keep(piece.octets.span, start: next, before: newest)
                next += Int64(piece.octets.count)
                events.append(.octets(flow, side, .held(piece.octets), at: piece.seen))
            }
            if piece.missing > 0 { tellGap(piece.missing, piece.seen, &events) }
        }
        share.held += held.cost - cost
        if let filledAt, waiting > 0 {
            counts.outOfOrder += waiting
            let waited = holeSince.map { filledAt.microseconds(since: $0) } ?? 0
            note(
                "out-of-order", "\(waiting) segments waited \(waited) microseconds for the octets in front of them.",
                filledAt, share, &events)
            waiting = 0
        }
        holeSince = held.seen
        if beyondSince != nil, beyond == nil { beyondSince = nil }
        tellEnd(&events)
    }

    private mutating func tellStart(_ now: Instant, _ events: inout [FlowEvent]) {
        guard !hasToldStart else { return }
        hasToldStart = true
        if !isFromStart { events.append(.gap(flow, side, octets: nil, at: now)) }
    }

    private mutating func tellGap(_ octets: Int64, _ now: Instant, _ events: inout [FlowEvent]) {
        tellStart(now, &events)
        next += octets
        counts.missing += octets
        events.append(.gap(flow, side, octets: octets, at: now))
    }

    private mutating func tellEnd(_ events: inout [FlowEvent]) {
        guard let end, next >= end, !hasEnded else { return }
        hasEnded = true
        tellStart(endSeen, &events)
        events.append(.endOfStream(flow, side, at: endSeen))
    }

    private mutating func tell(
        _ conflict: OverlapConflict, _ now: Instant, _ share: StreamShare, _ events: inout [FlowEvent]
    ) {
        guard conflicts < share.limits.anomalies else { return }
        conflicts += 1
        events.append(.anomaly(flow, conflict.anomaly(side, at: now, limit: share.limits.ambiguousOctets)))
    }

    /// Notes something odd, as long as there is not too much of it.
    mutating func note(
        _ code: String, _ detail: String, _ now: Instant, _ share: StreamShare,
        _ events: inout [FlowEvent], raw: [UInt8] = []
    ) {
        guard anomalies < share.limits.anomalies else { return }
        anomalies += 1
        events.append(
            .anomaly(flow, FlowAnomaly(side: side, seen: now, code: code, detail: detail, raw: raw)))
    }
}
