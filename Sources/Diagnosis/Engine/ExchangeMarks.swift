/// Which rules cite which exchange: what a list of exchanges shows beside each.
///
/// Findings keep only some of their evidence; here all of it stands, for as many exchanges as a list is read of.
struct ExchangeMarks: Sendable {
    /// Exchanges; beyond it the later ones have no marks.
    ///
    /// Some dozen megabytes.
    private static let limit = 200_000

    private var rules: [Int64: [String]] = [:]

    subscript(seq: Int64) -> [String] { rules[seq] ?? [] }

    mutating func add(_ finding: Finding) {
        for evidence in finding.evidence where rules.count < Self.limit || rules[evidence.seq] != nil {
            if rules[evidence.seq]?.contains(finding.rule) != true {
                rules[evidence.seq, default: []].append(finding.rule)
            }
        }
    }
}
