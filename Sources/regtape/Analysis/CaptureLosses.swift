import TapeModel

/// What the packets of a capture did not show, as far as its tape says it.
struct CaptureLosses {
    private var isCapture = false
    private var encrypted: Set<ConnectionID> = []
    private var encryptedCount = 0
    private var reason: String?
    private var torn = 0
    private var missing: Int64 = 0
    private var gaps = 0
    private var gap: String?

    mutating func note(_ record: TapeRecord) {
        switch record {
        case .tape:
            // Numbers of connections begin anew.
            encryptedCount += encrypted.count
            encrypted = []
        case .connection(let connection): isCapture = isCapture || connection.source == .capture
        case .connectionEnd(let end):
            let octets = [end.packets?.client.missing, end.packets?.server.missing].compactMap(\.self).filter { $0 > 0 }
            guard !octets.isEmpty else { return }
            torn += 1
            // A tape may be edited: what it says need not fit.
            for count in octets {
                let (sum, overflow) = missing.addingReportingOverflow(count)
                missing = overflow ? .max : sum
            }
        case .anomaly(let anomaly) where anomaly.code == "not-decrypted":
            encrypted.insert(anomaly.connection)
            reason = reason ?? anomaly.detail
        case .gap(let found):
            gaps += 1
            gap = gap ?? found.reason
        default: return
        }
    }

    /// One sentence or two for each kind of loss; none for a trace that is not from packets.
    var remarks: [String] {
        guard isCapture else { return [] }
        var lines: [String] = []
        let count = encryptedCount + encrypted.count
        if count > 0 {
            lines.append(
                "\(count) TLS connection\(count == 1 ? " was" : "s were") not decrypted. "
                    + (count == 1 ? "" : "The first: ") + (reason ?? "")
                    + (reason?.contains("SSLKEYLOGFILE") == true ? " Give that file with --keylog." : ""))
        }
        if torn > 0 {
            lines.append(
                "The capture lacks \(missing) octets of \(torn) connection\(torn == 1 ? "" : "s"): packets were not seen."
            )
        }
        if let gap {
            lines.append(
                "The capture says that it is not whole: \(gap)\(gaps > 1 ? ", and \(gaps - 1) times more" : "").")
        }
        return lines
    }
}
