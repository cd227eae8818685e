public import TapeModel

/// Makes streams of octets out of the frames of a capture.
///
/// A value without a clock: time is that of the packets. No octet of a frame can make it trap, and what it keeps is
/// bounded by its limits whatever the capture holds (RELIABILITY I7, I8). The rules by which it decides are written
/// where they are applied: `Flow` for who is who and how a connection ends, `HalfStream` for order, repetition and
/// loss. Of octets that came twice and differ the first version is taken, and both are told.
public struct PacketReassembler: Sendable {
    /// What gave no segment.
    public private(set) var ignored = IgnoredFrames()

    private let limits: ReassemblyLimits
    private var table = FlowTable()
    private var fragments: FragmentTable
    private var share: StreamShare
    private var nextID: FlowID = 1
    /// The latest instant of any frame: several queues and devices are not in order.
    private var now = Instant(microseconds: .min)
    private var lastSweep = Instant(microseconds: .min)

    public init(limits: ReassemblyLimits = ReassemblyLimits()) {
        self.limits = limits
        fragments = FragmentTable(limits: limits)
        share = StreamShare(limits: limits)
    }

    /// Flows that are remembered, those that ended not long ago included.
    public var flows: Int { table.count }
    /// Memory, about, that octets take which wait for those in front of them.
    public var heldOctets: Int { share.held }

    /// Takes a frame as it was captured, and appends what became certain by it.
    ///
    /// `originalLength` is the frame's length on the wire. Ranges in the events are places in `frame`.
    public mutating func receive(
        _ frame: Span<UInt8>, link: LinkType, originalLength: Int, at: Instant, into events: inout [FlowEvent]
    ) {
        now = max(now, at)
        sweep(into: &events)
        guard let start = LinkHeader.networkStart(frame, link) else {
            ignored.notInternet += 1
            return
        }
        switch InternetPacket.read(frame, at: start, originalLength: originalLength) {
        case .notInternet: ignored.notInternet += 1
        case .malformed: ignored.malformed += 1
        case .packet(let packet):
            guard let fragment = packet.fragment else {
                receive(packet, frame, packet.payload, isFrame: true, at, &events)
                return
            }
            guard let datagram = fragments.receive(packet, fragment, frame, at: now, &ignored) else { return }
            receive(packet, datagram.span, 0..<datagram.count, isFrame: false, at, &events)
        }
    }

    /// Ends the capture: tells all that is still held, and the end of every flow.
    public mutating func finish(at: Instant, into events: inout [FlowEvent]) {
        now = max(now, at)
        for slot in table.all { table.flows[slot].end(.captureEnded, at: at, &share, into: &events) }
        table = FlowTable()
        fragments.finish(&ignored)
    }

    private mutating func receive(
        _ packet: InternetPacket, _ octets: Span<UInt8>, _ payload: Range<Int>, isFrame: Bool, _ at: Instant,
        _ events: inout [FlowEvent]
    ) {
        var place = payload.lowerBound
        var transport = packet.transport
        if !isFrame, packet.isVersion6 {
            // Options for the destination stand inside the fragments.
            var fragment: InternetPacket.Fragment?
            guard
                case .payload = ExtensionHeaders.skip(
                    octets, &place, &transport, end: payload.upperBound, fragment: &fragment), fragment == nil
            else {
                ignored.malformed += 1
                return
            }
        }
        guard transport == 6 else {
            ignored.notTCP += 1
            return
        }
        guard
            let segment = TCPSegment(octets, place..<payload.upperBound, missing: isFrame ? packet.missing : 0)
        else {
            ignored.malformed += 1
            return
        }
        let arrival = SegmentArrival(segment: segment, at: at, isFrame: isFrame)
        deliver(arrival, octets, FlowKey.of(packet, segment), &events)
        relieve(&events)
    }

    private mutating func deliver(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ ends: (key: FlowKey, fromLower: Bool),
        _ events: inout [FlowEvent]
    ) {
        guard let slot = table.slot(of: ends.key) else {
            // A reset alone tells nothing of a connection: both ends of it were there before, or never.
            guard !arrival.segment.isRST else {
                ignored.late += 1
                return
            }
            begin(arrival, octets, ends, &events)
            return
        }
        switch update(slot, arrival, octets, ends.fromLower, &events) {
        case .taken: break
        case .ignored: ignored.late += 1
        case .renewed:
            forget(slot, &events)
            begin(arrival, octets, ends, &events)
        case .renewedBy(let first, let side):
            let fromLower = table.flows[slot].clientIsLower == (side == .client)
            forget(slot, &events)
            // Of that frame only the header is left; octets in a SYN are sent again when nobody acknowledges them.
            let silent = SegmentArrival(segment: first.segment.withoutOctets, at: first.at, isFrame: false)
            begin(silent, octets, (ends.key, fromLower), &events)
            guard let slot = table.slot(of: ends.key) else { return }
            _ = update(slot, arrival, octets, ends.fromLower, &events)
        }
    }

    private mutating func update(
        _ slot: Int, _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ fromLower: Bool,
        _ events: inout [FlowEvent]
    ) -> Flow.Verdict {
        let side = table.flows[slot].side(fromLower: fromLower)
        let verdict = table.flows[slot].receive(arrival, octets, from: side, &share, into: &events)
        table.settle(slot)
        return verdict
    }

    private mutating func begin(
        _ arrival: SegmentArrival, _ octets: Span<UInt8>, _ ends: (key: FlowKey, fromLower: Bool),
        _ events: inout [FlowEvent]
    ) {
        while table.count >= max(1, limits.flows), let slot = table.leastNeeded { forget(slot, &events) }
        let flow = Flow(id: nextID, key: ends.key, first: arrival, fromLower: ends.fromLower)
        nextID += 1
        let slot = table.insert(flow)
        _ = update(slot, arrival, octets, ends.fromLower, &events)
    }

    private mutating func forget(_ slot: Int, _ events: inout [FlowEvent]) {
        table.flows[slot].end(.forgotten, at: now, &share, into: &events)
        table.remove(slot)
    }

    /// Forgets flows that were silent for too long.
    ///
    /// Once a second of the capture's own time: it need not be exact, and most seconds have many frames.
    private mutating func sweep(into events: inout [FlowEvent]) {
        guard now.microseconds(since: lastSweep) >= 1_000_000 || lastSweep.microseconds == .min else { return }
        lastSweep = now
        while let slot = table.expired(at: now, limits) { forget(slot, &events) }
    }

    /// Gives up the oldest holes while all of them together hold too much.
    private mutating func relieve(_ events: inout [FlowEvent]) {
        while share.held > limits.heldInAll, let slot = table.oldestHolder {
            table.flows[slot].release(at: now, &share, into: &events)
            table.settle(slot)
        }
    }
}
