import Registry

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
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Host"), .init(title: "Role"), .init(title: "Exchanges", short: "Exch.", isNumeric: true),
                .init(title: "Failed", isNumeric: true), .init(title: "Connections", short: "Conns", isNumeric: true),
                .init(title: "Received", isNumeric: true), .init(title: "Sent", isNumeric: true),
                .init(title: "Median wait", isNumeric: true), .init(title: "Longest wait", isNumeric: true),
            ], rows: rows, omitted: summary.omitted["hosts"] ?? 0, caption: "Hosts and what they carried")
        return .init(id: "hosts", title: "Hosts", blocks: [.table(table)])
    }

    /// `registry, Azure Container Registry` in the words that filters and JSON use.
    static func words(_ profile: HostProfile) -> String {
        let role = profile.role.rawValue.split(separator: "-").joined(separator: " ")
        return profile.product == .unknown ? role : "\(role) (\(profile.product.rawValue))"
    }
}
