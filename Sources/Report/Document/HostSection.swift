import Registry
import TapeModel

/// Who took part.
enum HostSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        guard !summary.hosts.isEmpty else { return nil }
        let rows = summary.hosts.map { host -> [ReportTable.Cell] in
            [
                .code(host.profile.authority),
                .word(words(host.profile)),
                .word(String(host.exchanges)),
                host.failures > 0 ? .word(String(host.failures), .bad) : .word("0", .dim),
                .word(String(host.connections)),
                .word(Quantity.bytes(host.bytesReceived)),
                .word(Quantity.bytes(host.bytesSent)),
                .word(Quantity.duration(host.medianWait)),
                .word(Quantity.duration(host.highestWait)),
                sentAgain(host.packets),
                zeroWindows(host.packets),
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Host"), .init(title: "Role"), .init(title: "Exchanges", short: "Exch.", isNumeric: true),
                .init(title: "Failed", isNumeric: true), .init(title: "Connections", short: "Conns", isNumeric: true),
                .init(title: "Received", isNumeric: true), .init(title: "Sent", isNumeric: true),
                .init(title: "Median wait", isNumeric: true), .init(title: "Longest wait", isNumeric: true),
                // Only packet capture knows these two.
                .init(title: "Segments sent again", short: "Again", isNumeric: true),
                .init(title: "Zero windows", short: "No room", isNumeric: true),
            ], rows: rows, omitted: summary.omitted["hosts"] ?? 0, caption: "Hosts and what they carried")
        return .init(id: "hosts", title: "Hosts", blocks: [.table(table)])
    }

    /// `4270 (7.0 %)`, of both directions.
    private static func sentAgain(_ packets: PacketCounts?) -> ReportTable.Cell {
        guard let packets else { return .nothing }
        let both = packets.client + packets.server
        guard both.retransmitted > 0 else { return .word("0", .dim) }
        let share = Double(both.retransmitted) / Double(max(1, both.segments))
        let tenths = Int((min(1, max(0, share)) * 1000).rounded())
        return .word("\(both.retransmitted) (\(tenths / 10).\(tenths % 10) %)", share >= 0.01 ? .bad : .plain)
    }

    /// `client 47`: whose room was used up, and how often.
    private static func zeroWindows(_ packets: PacketCounts?) -> ReportTable.Cell {
        guard let packets else { return .nothing }
        let sides = [("client", packets.client.zeroWindows), ("server", packets.server.zeroWindows)]
            .filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
        return sides.isEmpty ? .word("0", .dim) : .word(sides.joined(separator: ", "), .bad)
    }

    /// `registry, Azure Container Registry` in the words that filters and JSON use.
    static func words(_ profile: HostProfile) -> String {
        let role = profile.role.rawValue.split(separator: "-").joined(separator: " ")
        return profile.product == .unknown ? role : "\(role) (\(profile.product.rawValue))"
    }
}
