import TapeModel
import Wire

/// A capture that a test writes frame by frame, and what reassembly says of it.
///
/// Sequence numbers are written as offsets: 0 is SYN, 1 the first octet.
struct CaptureScript {
    var reassembler: PacketReassembler
    var events: [FlowEvent] = []
    /// What was told of each stream: octets, or nothing for each octet of a gap.
    private(set) var streams: [FlowID: [Side: [UInt8?]]] = [:]
    var now: Int64 = 1_000_000
    var clientISN: UInt32 = 1_000
    var serverISN: UInt32 = 9_000
    var clientPort: UInt16 = 40_000

    init(_ limits: ReassemblyLimits = ReassemblyLimits()) { reassembler = PacketReassembler(limits: limits) }

    /// Takes a frame, and keeps what ranges of it mean.
    mutating func take(_ frame: [UInt8], _ link: LinkType = .rawIP, original: Int? = nil) {
        let before = events.count
        reassembler.receive(
            frame.span, link: link, originalLength: original ?? frame.count, at: Instant(microseconds: now),
            into: &events)
        note(from: before, frame)
    }

    private mutating func note(from first: Int, _ frame: [UInt8]) {
        for event in events[first...] {
            switch event {
            case .octets(let flow, let side, .frame(let range), at: _):
                streams[flow, default: [:]][side, default: []] += frame[range].map { $0 }
            case .octets(let flow, let side, .held(let octets), at: _):
                streams[flow, default: [:]][side, default: []] += octets.map { $0 }
            case .gap(let flow, let side, octets: let count?, at: _):
                streams[flow, default: [:]][side, default: []] += Array(repeating: nil, count: Int(min(count, 1 << 24)))
            default: break
            }
        }
    }

    mutating func finish() {
        let before = events.count
        reassembler.finish(at: Instant(microseconds: now), into: &events)
        note(from: before, [])
    }

    /// A segment of one side; each takes a millisecond.
    mutating func send(
        _ side: Side, _ flags: SegmentFlags = .ack, seq: UInt32, ack: UInt32 = 1, _ text: String = "",
        window: UInt16 = 65_535, scale: UInt8? = nil, urgent: UInt16 = 0
    ) {
        now += 1_000
        take(
            packet(
                side, flags, seq: seq, ack: ack, Array(text.utf8), window: window, scale: scale, urgent: urgent))
    }

    func packet(
        _ side: Side, _ flags: SegmentFlags = .ack, seq: UInt32, ack: UInt32 = 1, _ octets: [UInt8] = [],
        window: UInt16 = 65_535, scale: UInt8? = nil, urgent: UInt16 = 0
    ) -> [UInt8] {
        let (own, other) = side == .client ? (clientISN, serverISN) : (serverISN, clientISN)
        let segment = PacketBuilder.tcp(
            from: side == .client ? clientPort : 443, to: side == .client ? 443 : clientPort, seq: own &+ seq,
            ack: flags.contains(.ack) ? other &+ ack : 0, flags: flags, window: window, scale: scale, urgent: urgent,
            octets)
        return side == .client
            ? PacketBuilder.ipv4(segment)
            : PacketBuilder.ipv4(from: [10, 0, 0, 2], to: [10, 0, 0, 1], segment)
    }

    mutating func handshake(scale: UInt8? = nil) {
        send(.client, .syn, seq: 0, scale: scale)
        send(.server, [.syn, .ack], seq: 0, ack: 1, scale: scale)
        send(.client, seq: 1, ack: 1)
    }

    func text(_ side: Side, flow: FlowID = 1) -> String {
        String(decoding: (streams[flow]?[side] ?? []).map { $0 ?? UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// The events of a flow as a person reads them; octets that follow each other are one line.
    var transcript: String {
        var lines: [String] = []
        for event in events {
            switch event {
            case .opened(let flow, let opening):
                let connect = opening.connect.map { ", connect \($0)" } ?? ""
                lines.append("\(flow) opened \(opening.client) > \(opening.server)\(connect)")
            case .octets(let flow, let side, let octets, at: _):
                switch octets {
                case .frame(let range): lines.append("\(flow) \(side.rawValue) \(range.count)")
                case .held(let octets): lines.append("\(flow) \(side.rawValue) \(octets.count) held")
                }
            case .gap(let flow, let side, let octets, at: _):
                lines.append("\(flow) \(side.rawValue) gap \(octets.map(String.init) ?? "?")")
            case .endOfStream(let flow, let side, at: _): lines.append("\(flow) \(side.rawValue) ends")
            case .anomaly(let flow, let anomaly): lines.append("\(flow) \(anomaly.side.rawValue) ! \(anomaly.code)")
            case .closed(let flow, let end):
                lines.append("\(flow) closed \(end.reason)\(end.closedBy.map { " by \($0.rawValue)" } ?? "")")
            }
        }
        return lines.joined(separator: "\n")
    }

    var anomalies: [FlowAnomaly] {
        events.compactMap { if case .anomaly(_, let anomaly) = $0 { anomaly } else { nil } }
    }

    var ends: [FlowEnd] {
        events.compactMap { if case .closed(_, let end) = $0 { end } else { nil } }
    }
}
