import TapeModel

/// A trace as the packets that might have carried it, in the order of their times: plain HTTP over TCP that never was.
///
/// Wireshark and tshark read it as HTTP/1.1 and as HTTP/2 with prior knowledge (RFC 9113 §3.3), with the times and contents
/// that were recorded. Bodies are read as they are written, so that memory does not grow with them.
public struct PcapngExport {
    public private(set) var losses: ExportLosses
    /// How many packets were written.
    public private(set) var packets = 0
    private var waiting: [ExportedConnection] = []
    private let head: [UInt8]

    /// `name` is that of the trace, `tool` what writes, with its version.
    public init(_ plan: ExportPlan, name: String, tool: String) {
        losses = plan.losses
        var addresses = ExportAddresses()
        var before: ExportPlan.Place?
        for (number, planned) in plan.connections().enumerated() {
            if planned.connection?.serverTLS != nil || planned.connection?.clientTLS != nil {
                losses.secureConnections += 1
            }
            let place = addresses.endpoints(of: planned, losses: &losses)
            let made = ExportedConnection(
                planned,
                conversation: TCPConversation(client: place.client, server: place.server, number: number + 1),
                comments: Self.comments(planned, movedFrom: place.movedFrom), isContinued: before == planned.place)
            before = planned.place
            guard let made else {
                losses.unsent += 1
                continue
            }
            losses.connections += 1
            if planned.end == nil, planned.connection?.failure == nil { losses.openEnded += 1 }
            waiting.append(made)
        }
        let comment =
            ([
                "\(name), made plain HTTP by \(tool). A port that Wireshark takes for another protocol is read with: "
                    + "-d tcp.port==PORT,http"
            ] + losses.statement).joined(separator: "\n")
        head =
            PcapngBlocks.section(application: tool, comment: comment)
            + PcapngBlocks.interface(name: "regtape", description: "Packets made from recorded exchanges")
            + PcapngBlocks.names(addresses.resolution)
    }

    /// Writes the file in pieces of at most some 20 KiB.
    public mutating func write(
        from content: some ExportContent, to sink: ([UInt8]) throws -> Void
    ) throws {
        try sink(head)
        var queue = EarliestFirst(waiting.map(\.next))
        while let index = queue.first {
            let time = waiting[index].next
            let made = try waiting[index].step(from: content, losses: &losses)
            for packet in made {
                packets += 1
                try sink(
                    PcapngBlocks.packet(
                        packet.octets, at: Instant(microseconds: time), comments: packet.comments))
            }
            queue.replaceFirst(waiting[index].isOver ? nil : waiting[index].next)
        }
    }

    private static func comments(_ planned: ExportPlan.PlannedConnection, movedFrom port: UInt16?) -> [String] {
        var text = "connection \(planned.place.id): \(planned.host)"
        if let version = planned.connection?.serverTLS?.version ?? planned.connection?.clientTLS?.version {
            text += ", \(version)"
        }
        if let port { text += ", port \(port), shown on port 80" }
        var comments = [text]
        if let failure = planned.connection?.failure {
            comments.append("failed (\(failure.party.rawValue), \(failure.code)): \(failure.detail)")
        }
        return comments
    }
}

/// A heap of times: which of many comes first, found in the logarithm of their number.
struct EarliestFirst {
    private var heap: [(time: Int64, index: Int)]

    init(_ times: [Int64]) {
        heap = times.enumerated().map { ($0.element, $0.offset) }.sorted { $0 < $1 }
    }

    /// The number of the earliest; of equal ones the lowest.
    var first: Int? { heap.first?.index }

    /// The first one is now due at `time`, or no more.
    mutating func replaceFirst(_ time: Int64?) {
        guard let first = heap.first else { return }
        if let time {
            heap[0] = (time, first.index)
        } else {
            let last = heap.removeLast()
            guard !heap.isEmpty else { return }
            heap[0] = last
        }
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
