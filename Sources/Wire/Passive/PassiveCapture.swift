public import TapeModel

/// Turns the frames of a capture into what a tape is told: connections, exchanges, oddities and gaps.
///
/// The second witness beside the proxy: reassembly, TLS with a key log, and then the same `ConnectionDecoder`. A value
/// without file, device or clock; `time` is that of the packets.
public struct PassiveCapture: ~Copyable, Sendable {
    private var reassembler: PacketReassembler
    private var repeats = RepeatedFrames()
    private var secrets = KeyLogSecrets()
    private var connections: [FlowID: ConnectionPlace] = [:]
    private var nextID: ConnectionID = 1
    /// Reused from frame to frame: an allocation for each would be the dearest part of a small one.
    private var events: [FlowEvent] = []

    public init(limits: ReassemblyLimits = ReassemblyLimits()) {
        reassembler = PacketReassembler(limits: limits)
    }

    /// Flows that are open.
    public var openConnections: Int { connections.count }

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
        let before = secrets.generation
        secrets.append(keyLog)
        guard secrets.generation != before else { return }
        for (_, place) in connections.sorted(by: { $0.key < $1.key }) {
            place.connection.retry(secrets: secrets, sink)
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
                connections[flow]?.connection.receive(
                    side, frame.extracting(range), at: now, secrets: secrets, ids: &nextID, sink)
            case .octets(let flow, let side, .held(let octets), let now):
                connections[flow]?.connection.receive(
                    side, octets.span, at: now, secrets: secrets, ids: &nextID, sink)
            case .gap(let flow, let side, let octets, let now):
                connections[flow]?.connection.gap(side, octets: octets, at: now, secrets: secrets, sink)
            case .endOfStream(let flow, let side, let now):
                connections[flow]?.connection.endOfStream(side, at: now, secrets: secrets, sink)
            case .anomaly(let flow, let anomaly): connections[flow]?.connection.note(anomaly, sink)
            case .closed(let flow, let end):
                connections.removeValue(forKey: flow)?.connection.close(end, secrets: secrets, sink)
            }
        }
    }
}

/// Where one connection stays while it works: a value in a dictionary would be copied out and in again.
private final class ConnectionPlace: @unchecked Sendable {
    // Reached only through the capture that owns it, which cannot be copied.
    var connection: PassiveConnection

    init(_ connection: PassiveConnection) {
        self.connection = connection
    }
}
