import DequeModule
public import TapeModel

/// Turns the frames of a capture into what a tape is told: connections, exchanges, oddities and gaps.
///
/// The second witness beside the proxy: reassembly, TLS with a key log, and then the same `ConnectionDecoder`. A value
/// without file, device or clock; `time` is that of the packets.
public struct PassiveCapture: ~Copyable, Sendable {
    private let limits: ReassemblyLimits
    private var reassembler: PacketReassembler
    private var repeats = RepeatedFrames()
    private var secrets = KeyLogSecrets()
    private var connections: [FlowID: ConnectionPlace] = [:]
    /// Memory for what waits for secrets, of all connections.
    private var waiting = 0
    /// Connections in which something waits, in the order in which that began.
    private var waiters: Deque<FlowID> = []
    /// The same by the handshake whose secrets they wait for: of one random there is one, where nobody plays tricks.
    private var waitersByRandom: [[UInt8]: Set<FlowID>] = [:]
    private var nextID: ConnectionID = 1
    /// Reused from frame to frame: an allocation for each would be the dearest part of a small one.
    private var events: [FlowEvent] = []

    public init(limits: ReassemblyLimits = ReassemblyLimits()) {
        self.limits = limits
        reassembler = PacketReassembler(limits: limits)
    }

    /// Flows that are open.
    public var openConnections: Int { connections.count }
    /// Flows that are remembered, of which nothing may have been told yet.
    public var flows: Int { reassembler.flows }
    /// Memory, about, for octets that wait for others or for secrets.
    public var heldOctets: Int { reassembler.heldOctets + waiting }

    /// The next frame; `link` is its LINKTYPE_ value, and frames of other kinds than `LinkType` are passed over.
    public mutating func receive(
        _ frame: Span<UInt8>, link: UInt16, originalLength: Int, at now: Instant, to sink: any TapeSink
    ) {
        guard let link = LinkType(rawValue: link),
            !repeats.isRepeated(frame, link, originalLength: originalLength, at: now)
        else { return }
        events.removeAll(keepingCapacity: true)
        reassembler.receive(frame, link: link, originalLength: originalLength, at: now, into: &events)
        handle(frame, sink)
    }

    /// Secrets in key log format, in pieces as they come.
    public mutating func addSecrets(_ keyLog: Span<UInt8>, to sink: any TapeSink) {
        // A log that grows all the time must not have every connection asked each time.
        let flows = secrets.append(keyLog).flatMap { waitersByRandom[$0] ?? [] }
        for flow in flows.sorted() {
            guard let place = connections[flow] else { continue }
            place.connection.retry(secrets: secrets, sink)
            settle(place, flow, sink)
        }
    }

    /// The capture lost packets; which, nobody knows.
    public mutating func dropped(packets: Int64, at now: Instant, to sink: any TapeSink) {
        guard packets > 0 else { return }
        sink.gap(Gap(seen: now, reason: "the capture dropped \(packets) packets"))
    }

    /// The capture is over: everything that is open ends.
    public mutating func finish(at now: Instant, to sink: any TapeSink) {
        events.removeAll(keepingCapacity: true)
        reassembler.finish(at: now, into: &events)
        handle(Span(), sink)
    }

    private mutating func handle(_ frame: Span<UInt8>, _ sink: any TapeSink) {
        for event in events {
            switch event {
            case .opened(let flow, let opening):
                connections[flow] = ConnectionPlace(PassiveConnection(opening, id: nextID))
                nextID += 1
            case .octets(let flow, let side, .frame(let range), let now):
                guard range.lowerBound >= 0, range.upperBound <= frame.count else { continue }
                receive(flow, side, frame.extracting(range), now, sink)
            case .octets(let flow, let side, .held(let octets), let now):
                receive(flow, side, octets.span, now, sink)
            case .gap(let flow, let side, let octets, let now):
                guard let place = connections[flow] else { continue }
                place.connection.gap(side, octets: octets, at: now, secrets: secrets, sink)
                settle(place, flow, sink)
            case .endOfStream(let flow, let side, let now):
                guard let place = connections[flow] else { continue }
                place.connection.endOfStream(side, at: now, secrets: secrets, sink)
                settle(place, flow, sink)
            case .anomaly(let flow, let anomaly): connections[flow]?.connection.note(anomaly, sink)
            case .closed(let flow, let end):
                guard let place = connections.removeValue(forKey: flow) else { continue }
                waiting -= place.waiting
                leave(place, flow)
                place.connection.close(end, secrets: secrets, sink)
            }
        }
    }

    private mutating func receive(
        _ flow: FlowID, _ side: Side, _ octets: Span<UInt8>, _ now: Instant, _ sink: any TapeSink
    ) {
        guard let place = connections[flow] else { return }
        place.connection.receive(side, octets, at: now, secrets: secrets, ids: &nextID, sink)
        settle(place, flow, sink)
    }

    /// Counts what waits in a connection that has changed, and gives up what has waited longest where that is too much.
    private mutating func settle(_ place: ConnectionPlace, _ flow: FlowID, _ sink: any TapeSink) {
        guard recount(place) else { return }
        if place.waiting > 0, !place.isWaiter {
            place.isWaiter = true
            waiters.append(flow)
            // Those that are over, or wait no more, go out when they are as many as the others.
            if waiters.count > 2 * connections.count + 64 { forgetIdleWaiters() }
        }
        if place.isWaiter, place.random == nil, let random = place.connection.clientRandom {
            place.random = random
            waitersByRandom[random, default: []].insert(flow)
        }
        while waiting > limits.waitingForSecrets, let first = waiters.popFirst() {
            guard let other = connections[first] else { continue }
            leave(other, first)
            other.connection.stopWaiting(secrets: secrets, sink)
            _ = recount(other)
        }
    }

    /// Whether that changed anything.
    private mutating func recount(_ place: ConnectionPlace) -> Bool {
        let now = place.connection.waitingOctets
        guard now != place.waiting else { return false }
        waiting += now - place.waiting
        place.waiting = now
        return true
    }

    private mutating func forgetIdleWaiters() {
        let before = waiters
        waiters = []
        for flow in before {
            guard let place = connections[flow] else { continue }
            if place.waiting > 0 { waiters.append(flow) } else { leave(place, flow) }
        }
    }

    private mutating func leave(_ place: ConnectionPlace, _ flow: FlowID) {
        place.isWaiter = false
        guard let random = place.random else { return }
        place.random = nil
        waitersByRandom[random]?.remove(flow)
        if waitersByRandom[random]?.isEmpty == true { waitersByRandom[random] = nil }
    }
}

/// Where one connection stays while it works: a value in a dictionary would be copied out and in again.
private final class ConnectionPlace: @unchecked Sendable {
    // Reached only through the capture that owns it, which cannot be copied.
    var connection: PassiveConnection
    var waiting = 0
    /// Whether it stands in the line of those that wait.
    var isWaiter = false
    /// Of the handshake whose secrets it waits for, while it waits.
    var random: [UInt8]?

    init(_ connection: PassiveConnection) {
        self.connection = connection
    }
}
