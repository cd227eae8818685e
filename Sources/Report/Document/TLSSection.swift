import Registry
import TapeModel

/// How connections were secured, host by host.
enum TLSSection {
    static func section(_ summary: TraceSummary) -> ReportDocument.Section? {
        let secured = summary.hosts.filter { $0.tls != nil || $0.certificate != nil }
        guard !secured.isEmpty else { return nil }
        let rows = secured.map { host -> [ReportTable.Cell] in
            let isExpired = host.certificate.map { certificate in
                summary.started.map { certificate.notAfter < $0 } ?? false
            }
            return [
                .code(host.profile.authority),
                host.tls?.version.map { .word($0) } ?? .word("not agreed", .bad),
                host.tls?.cipher.map { .code($0) } ?? .nothing,
                host.tls?.alpn.map { .code($0) } ?? .nothing,
                host.certificate.map { .code($0.issuer) } ?? .nothing,
                host.certificate.map { .word(Quantity.timeOfDay($0.notAfter), isExpired == true ? .bad : .plain) }
                    ?? .nothing,
            ]
        }
        let table = ReportTable(
            columns: [
                .init(title: "Host"), .init(title: "Version"), .init(title: "Cipher"), .init(title: "Protocol"),
                .init(title: "Certificate from"), .init(title: "Valid to (UTC)"),
            ], rows: rows, caption: "TLS by host")
        return .init(id: "tls", title: "TLS", blocks: [.table(table)])
    }
}
