import Registry
import TapeModel

/// Layers arrive slowly, although the registry answers fast.
///
/// ## What it means
/// First octets come at once and the rest trickles: the line between storage and client is the limit: its
/// bandwidth, the distance to the region, or something that inspects what passes.
///
/// ## How to fix it
/// Measure the line by itself; pull from a registry in the same region.
enum SlowDownload: Rule {
    static let name = "slow-download"
    static let severity = Severity.note
    static let party = Party.network
    static let symptoms = ["G25"]

    /// Octets a second below which a layer is slow: a tenth of what any data centre or office line gives.
    private static let slow = 1_000_000.0
    /// Smaller layers say nothing about a line.
    private static let least: Int64 = 5_000_000

    static func check(_ summary: TraceSummary, in window: TraceWindow) -> [Finding] {
        LineSpeed.findings(
            of: summary.layers.filter { !$0.isPush }, least: least, slow: slow
        ) { host, layers, rate in
            finding(
                "\(layers.count == 1 ? "A layer comes" : "\(layers.count) layers come") from \(host) at \(LineSpeed.words(rate)) only.",
                advice: """
                    Measure the line by itself, from this machine: `curl -o /dev/null -w '%{speed_download}\\n' URL-OF-A-LARGE-FILE`
                    Pull from a registry in the same region; for Azure compare at azurespeed.com.
                    """,
                evidence: layers.prefix(6).map { Evidence($0.seq, "timing") }, subject: host)
        }
    }
}

/// What the two rules about slow lines reckon alike.
enum LineSpeed {
    static func findings(
        of layers: [TraceSummary.Layer], least: Int64, slow: Double,
        _ tell: (String, [TraceSummary.Layer], Double) -> Finding
    ) -> [Finding] {
        let moved = layers.filter { !$0.wasSkipped && $0.bytes >= least && $0.throughput != nil }
        return Dictionary(grouping: moved, by: \.host).sorted { $0.key < $1.key }.compactMap { host, layers in
            let microseconds = layers.reduce(Int64(0)) { $0 &+ max(1, $1.ended.microseconds(since: $1.started)) }
            let octets = layers.reduce(Int64(0)) { $0 &+ $1.bytes }
            let rate = Double(octets) * 1_000_000 / Double(max(1, microseconds))
            return rate < slow ? tell(host, layers, rate) : nil
        }
    }

    static func words(_ rate: Double) -> String {
        rate >= 1_000_000 ? "\(Int(rate / 100_000) / 10) MB/s" : "\(Int(rate / 1_000)) kB/s"
    }
}
