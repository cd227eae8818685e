import TapeModel

/// One connection as it is exported: its handshake, its exchanges and its end, a step at a time.
///
/// A step is what happens at one moment, mostly a segment and its acknowledgement. Times never go backwards: where those
/// of the trace would have a side say two things of HTTP/1 at once, the later waits.
struct ExportedConnection {
    typealias Packet = TCPConversation.Packet

    private enum Stage {
        case synchronizing, accepting, establishing, prefacing, carrying, closing, over
    }

    private struct Active {
        /// Of the exchange on its connection.
        var ordinal: Int
        var side: Side
        var message: OutgoingMessage
    }

    /// When the next step is due, in microseconds.
    private(set) var next: Int64
    private let planned: ExportPlan.PlannedConnection
    private let comments: [String]
    private var conversation: TCPConversation
    private var stage = Stage.synchronizing
    private var now: Int64
    private var loaded = 0
    private var active: [Active] = []
    private var endsWithConnection = false

    /// Nothing of a connection on which nothing was sent.
    init?(
        _ planned: ExportPlan.PlannedConnection, conversation: TCPConversation, comments: [String],
        isContinued: Bool
    ) {
        self.planned = planned
        self.conversation = conversation
        self.comments = comments
        let failure = planned.connection?.failure
        if planned.exchanges.isEmpty {
            guard planned.connection != nil, !Self.unsent.contains(failure?.code ?? "") else { return nil }
        }
        let first = planned.exchanges.first?.started ?? .max
        let opened = planned.connection.map {
            ExportTime.bounded($0.started) + ExportTime.bounded($0.timing.dns)
        }
        now = isContinued ? first : min(opened ?? first, first)
        next = now
    }

    var isOver: Bool { stage == .over }

    /// Does what is due.
    mutating func step(from content: some ExportContent, losses: inout ExportLosses) throws -> [Packet] {
        now = max(now, next)
        let packets: [Packet]
        switch stage {
        case .synchronizing: packets = synchronize()
        case .accepting: packets = accept()
        case .establishing: packets = establish()
        case .prefacing: packets = preface()
        case .carrying: packets = try carry(from: content)
        case .closing: packets = close()
        case .over: packets = []
        }
        try plan(from: content, &losses)
        return packets
    }

    // MARK: Opening

    private mutating func synchronize() -> [Packet] {
        var packet = conversation.synchronize()
        packet.comments = comments
        let hasNoAnswer = planned.exchanges.isEmpty && planned.connection?.failure?.code == "connect-timeout"
        stage = hasNoAnswer ? .over : .accepting
        next = min(
            now + ExportTime.bounded(planned.connection?.timing.connect ?? 0),
            max(now, planned.exchanges.first?.started ?? .max))
        return [packet]
    }

    private mutating func accept() -> [Packet] {
        if planned.exchanges.isEmpty, planned.connection?.failure?.code == "connection-refused" {
            stage = .over
            return [conversation.refuse()]
        }
        stage = .establishing
        return [conversation.accept()]
    }

    private mutating func establish() -> [Packet] {
        stage = planned.isHTTP2 ? .prefacing : .carrying
        if planned.isHTTP2 { next = max(now, planned.exchanges.first?.started ?? now) }
        return [conversation.acknowledge(by: .client)]
    }

    private mutating func preface() -> [Packet] {
        stage = .carrying
        return send(HTTP2Frames.preface, .client)
            + send(HTTP2Frames.settings + HTTP2Frames.settingsAcknowledged, .server)
            + send(HTTP2Frames.settingsAcknowledged, .client)
    }

    private mutating func send(_ octets: [UInt8], _ side: Side, comments: [String] = []) -> [Packet] {
        var packet = conversation.send(octets[...], from: side)
        packet.comments = comments
        return [packet, conversation.acknowledge(by: side.opposite)]
    }

    // MARK: Carrying

    private mutating func carry(from content: some ExportContent) throws -> [Packet] {
        guard let index = due()?.index else { return [] }
        let comments = active[index].message.hasBegun ? [] : active[index].message.comments
        let octets = try active[index].message.take(from: content)
        let side = active[index].side
        if active[index].message.isOver { active.remove(at: index) }
        return octets.isEmpty ? [] : send(octets, side, comments: comments)
    }

    /// What is sent next; at one moment the older exchange goes before the younger, and its request before its answer.
    private func due() -> (index: Int, time: Int64)? {
        var best: (index: Int, time: Int64)?
        var isBlocked: [Side: Bool] = [:]
        for (index, candidate) in active.enumerated() {
            // HTTP/1 has no way to say two things at once.
            if !planned.isHTTP2 {
                if isBlocked[candidate.side] ?? false { continue }
                isBlocked[candidate.side] = true
            }
            guard hasBeenAsked(candidate) else { continue }
            let time = candidate.message.next
            if best.map({ time < $0.time }) ?? true { best = (index, time) }
        }
        return best
    }

    /// No answer comes before its request.
    private func hasBeenAsked(_ candidate: Active) -> Bool {
        guard candidate.side == .server else { return true }
        let request = active.first { $0.ordinal == candidate.ordinal && $0.side == .client }
        return request?.message.hasBegun ?? true
    }

    /// Settles when the next step is due, taking up exchanges that begin before it.
    private mutating func plan(from content: some ExportContent, _ losses: inout ExportLosses) throws {
        guard stage == .carrying else { return }
        while true {
            let time = due()?.time
            guard loaded < planned.exchanges.count else {
                if let time { next = max(now, time) } else { planEnd() }
                return
            }
            if let time, time < planned.exchanges[loaded].started {
                next = max(now, time)
                return
            }
            try load(from: content, &losses)
        }
    }

    private mutating func load(from content: some ExportContent, _ losses: inout ExportLosses) throws {
        let place = planned.exchanges[loaded]
        loaded += 1
        guard let exchange = try content.exchange(at: place.place) else {
            losses.unreadableExchanges += 1
            return
        }
        let made = try ExportedExchange(
            exchange, place, isHTTP2: planned.isHTTP2, isLast: loaded == planned.exchanges.count, from: content,
            losses: &losses)
        endsWithConnection = made.endsWithConnection
        for part in made.parts {
            active.append(Active(ordinal: loaded, side: part.side, message: part.message))
        }
    }

    // MARK: Ending

    private mutating func planEnd() {
        if let end = planned.end {
            stage = .closing
            next = max(now, ExportTime.bounded(end.ended))
        } else if endsWithConnection || planned.connection?.failure != nil || planned.exchanges.last?.isBroken == true {
            stage = .closing
            next = now
        } else {
            stage = .over
        }
    }

    private mutating func close() -> [Packet] {
        stage = .over
        let error = planned.end?.error ?? planned.connection?.failure
        var packets: [Packet] = []
        if let error, error.code == "connection-reset" {
            packets = [conversation.reset(by: error.party == .client ? .client : .server)]
        } else {
            let first: Side = planned.end.map { $0.closedBy == .client ? .client : .server } ?? .server
            for side in [first, first.opposite] {
                packets += [conversation.finish(side), conversation.acknowledge(by: side.opposite)]
            }
        }
        if let error { packets[0].comments.append("\(error.party.rawValue), \(error.code): \(error.detail)") }
        if planned.end?.closedBy == .recorder { packets[0].comments.append("closed by the recorder") }
        return packets
    }

    /// Codes of failures before the first packet.
    private static let unsent: Set<String> = ["name-not-found", "proxy-loop", "bad-server-name", "client-left"]
}
