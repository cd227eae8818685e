import TapeModel

/// Findings of one rule about one subject, told as one.
struct FindingGroup: Sendable {
    struct Key: Sendable, Hashable {
        var rule: String
        var subject: String
        /// What did not fit among the groups of its rule.
        var isRest: Bool
    }

    /// Proofs that one finding shows.
    ///
    /// A reader follows two or three; the rest is counted.
    static let evidenceLimit = 12

    /// The first of the weightiest.
    private var representative: Finding
    let rank: AskedRule.Rank
    private let isRest: Bool
    private(set) var count = 0
    /// What the rule was asked about, for as many as evidence is kept of.
    private(set) var subjects: [Int64] = []
    private var evidence: [Evidence] = []
    private var overcome = 0
    private var firstSuccess: Int64?

    init(_ finding: Finding, rank: AskedRule.Rank, isRest: Bool) {
        representative = finding
        self.rank = rank
        self.isRest = isRest
    }

    mutating func add(_ finding: Finding, about seq: Int64?) {
        count += 1
        if finding.severity > representative.severity { representative = finding }
        if let seq, subjects.count < Self.evidenceLimit { subjects.append(seq) }
        for proof in finding.evidence where evidence.count < Self.evidenceLimit && !evidence.contains(proof) {
            evidence.append(proof)
        }
    }

    /// So many of the requests were made again and answered well.
    mutating func overcome(_ number: Int, by seq: Int64) {
        overcome += number
        firstSuccess = firstSuccess ?? seq
    }

    /// The one finding for all.
    var merged: Finding {
        var finding = representative
        finding.evidence = representative.evidence + evidence.filter { !representative.evidence.contains($0) }
        finding.evidence = Array(finding.evidence.prefix(Self.evidenceLimit))
        if isRest {
            finding.subject = ""
            finding.title =
                "\(finding.rule) was found \(count == 1 ? "once" : "\(count) times") more, of other subjects."
            finding.detail = "The first of them: \(FindingText.title(representative, more: 0))"
        } else {
            finding.title = FindingText.title(representative, more: count - 1)
        }
        if overcome >= count {
            finding.severity = finding.severity.lowered
            finding.detail = FindingText.joined(finding.detail, success)
        }
        return FindingText.bounded(finding)
    }

    private var success: String {
        let place = firstSuccess.map { " (exchange \($0))" } ?? ""
        return count == 1
            ? "The same request succeeded later\(place), so it was overcome."
            : "The same requests all succeeded later\(place.isEmpty ? "" : ", the first in exchange \(firstSuccess ?? 0)"), "
                + "so it was overcome."
    }
}

extension Finding {
    /// Where on the tape its proof begins.
    var firstSeq: Int64 { evidence.map(\.seq).min() ?? .max }
}
