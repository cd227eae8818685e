import Registry
import TapeModel

/// Layers are pushed slowly.
///
/// ## What it means
/// The upload of large layers is limited by the line between client and registry, whose way out is often far
/// narrower than its way in.
///
/// ## How to fix it
/// Build close to the registry; measure the line by itself.
enum SlowUpload: Rule {
    static let name = "slow-upload"
    static let severity = Severity.note
    static let party = Party.network
    static let symptoms = ["G26"]

    private static let slow = 500_000.0
    private static let least: Int64 = 5_000_000

    static func check(_ summary: TraceSummary, in window: TraceWindow) -> [Finding] {
        LineSpeed.findings(of: summary.layers.filter(\.isPush), least: least, slow: slow) { host, layers, rate in
            finding(
                "\(layers.count == 1 ? "A layer goes" : "\(layers.count) layers go") to \(host) at \(LineSpeed.words(rate)) only.",
                advice: """
                    Build and push on a machine in the registry's region; for Azure compare the upload test of azurespeed.com.
                    Share base layers that are there already: they are not sent again.
                    """,
                evidence: layers.prefix(6).map { Evidence($0.seq, "timing") }, subject: host)
        }
    }
}
