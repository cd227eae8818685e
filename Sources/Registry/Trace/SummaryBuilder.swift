import TapeModel

/// Counts up what a trace was about.
struct SummaryBuilder: Sendable {
    private var counted = TraceSummary()
    private static let mostHops = 1_000
    private static let mostAnomalyCodes = 200
    private static let mostGaps = 200

    mutating func count(_ anomaly: Anomaly) {
        guard counted.anomalies.count < Self.mostAnomalyCodes || counted.anomalies[anomaly.code] != nil else {
            counted.omitted["anomalies", default: 0] += 1
            return
        }
        counted.anomalies[anomaly.code, default: 0] += 1
    }

    mutating func count(_ connection: Connection) { counted.connections += 1 }

    mutating func add(_ gap: Gap) {
        guard counted.gaps.count < Self.mostGaps else {
            counted.omitted["gaps", default: 0] += 1
            return
        }
        counted.gaps.append(gap)
    }

    mutating func add(
        _ decoded: DecodedExchange, client: ClientKey, uploadWorkflow: Int?, sourceWorkflow: Int?, uploaded: Int64?
    ) -> Int? {
        counted.exchanges += 1
        return nil
    }

    mutating func add(_ redirect: Redirect, _ target: TargetURL, of decoded: DecodedExchange) -> Int? { nil }

    mutating func follow(hop: Int, by seq: Int64, carriedCredentials: Bool) {}

    func summary(_ hosts: HostTable) -> TraceSummary { counted }
}
