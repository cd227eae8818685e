import Registry
import TapeModel

/// Keeps what rules found until the trace is over: silences, merges, counts and weighs.
///
/// Bounded whatever comes in: so many groups a rule, so much evidence a group; the rest is counted. Three things happen
/// to a finding on its way:
/// 1. One of a generic rule waits until no specific finding can cite its exchange any more, and is dropped if one did.
/// 2. It joins the findings of its rule with the same subject.
/// 3. A later success of the same request is noted; where all of a group were overcome, it weighs one step less.
struct FindingLedger: Sendable {
    /// Groups of one rule; what does not fit is counted in one more.
    static let groupLimit = 20
    /// Requests whose later success is watched for, and successes that are remembered.
    static let watchLimit = 4096
    /// Findings that wait.
    ///
    /// With 512 exchanges in the window it takes eight generic findings for each to get there.
    static let pendingLimit = 4096

    /// What a rule was asked about.
    struct Subject: Sendable {
        var seq: Int64
        /// The connection that failed and took the exchange with it: who explains the one explains the other.
        var failedConnection: Int64?
        /// The request that failed; nothing where it did not.
        var failedRequest: RequestIdentity?
    }

    private struct Occurrence {
        var finding: Finding
        var rule: AskedRule
        var subject: Subject?
        var ordinal: Int
    }

    private struct Success {
        var seq: Int64
        var ordinal: Int
    }

    /// Which rules cite which exchange, where somebody wants to know.
    var marks: ExchangeMarks?
    private var ordinal = 0
    private var pending: [Occurrence] = []
    private var settled = 0
    /// The highest rank that cites an exchange.
    ///
    /// What waits is settled long before it is forgotten.
    private var citations = RecentTable<Int64, AskedRule.Rank>(limit: 4 * watchLimit)
    private var successes = RecentTable<RequestIdentity, Success>(limit: watchLimit)
    private var groups: [FindingGroup] = []
    private var groupIndex: [FindingGroup.Key: Int] = [:]
    private var groupsOfRule: [String: Int] = [:]
    /// Groups that wait for a request to succeed.
    private var watched: [RequestIdentity: [Int: Int]] = [:]

    /// What is added from now on is about the exchange with this number, counted over the trace.
    mutating func begin(ordinal: Int) {
        self.ordinal = ordinal
        while settled < pending.count,
            ordinal - pending[settled].ordinal > TraceBuffer.reach || pending.count - settled > Self.pendingLimit
        {
            settle(pending[settled])
            settled += 1
        }
        if settled >= 1024 {
            pending.removeFirst(settled)
            settled = 0
        }
    }

    mutating func succeeded(_ request: RequestIdentity, seq: Int64) {
        if let waiting = watched.removeValue(forKey: request) {
            for (index, count) in waiting { groups[index].overcome(count, by: seq) }
        }
        successes.set(Success(seq: seq, ordinal: ordinal), for: request)
    }

    mutating func add(_ finding: Finding, of rule: AskedRule, about subject: Subject?) {
        let occurrence = Occurrence(finding: finding, rule: rule, subject: subject, ordinal: ordinal)
        for evidence in finding.evidence { cite(evidence.seq, rule.rank) }
        if rule.rank == .specific || subject == nil {
            commit(occurrence)
        } else {
            pending.append(occurrence)
        }
    }

    /// Nothing follows that could cite what waits, but findings about the trace as a whole.
    mutating func settleAll() {
        while settled < pending.count {
            settle(pending[settled])
            settled += 1
        }
        pending = []
        settled = 0
    }

    /// Everything that was found, the weightiest first; then the specific before the generic, then as the trace goes.
    func findings() -> [Finding] {
        groups.filter { !isSilenced($0) }
            .map { (finding: $0.merged, rank: $0.rank) }
            .sorted { one, other in
                if one.finding.severity != other.finding.severity {
                    return one.finding.severity > other.finding.severity
                }
                if one.rank != other.rank { return one.rank < other.rank }
                let (first, second) = (one.finding.firstSeq, other.finding.firstSeq)
                if first != second { return first < second }
                return (one.finding.rule, one.finding.subject) < (other.finding.rule, other.finding.subject)
            }
            .map(\.finding)
    }

    private mutating func cite(_ seq: Int64, _ rank: AskedRule.Rank) {
        if let known = citations[seq], known <= rank { return }
        citations.set(rank, for: seq)
    }

    private mutating func settle(_ occurrence: Occurrence) {
        let places = [occurrence.subject?.seq, occurrence.subject?.failedConnection].compactMap(\.self)
        if places.contains(where: { citations[$0].map { $0 < occurrence.rule.rank } ?? false }) { return }
        commit(occurrence)
    }

    /// Findings about the whole trace come last; a generic group of which they cite each exchange says nothing more.
    private func isSilenced(_ group: FindingGroup) -> Bool {
        guard group.rank != .specific, !group.subjects.isEmpty, group.subjects.count == group.count else {
            return false
        }
        return group.subjects.allSatisfy { seq in citations[seq].map { $0 < group.rank } ?? false }
    }

    private mutating func commit(_ occurrence: Occurrence) {
        let index = group(for: occurrence)
        groups[index].add(occurrence.finding, about: occurrence.subject?.seq)
        marks?.add(occurrence.finding)
        guard occurrence.rule.type.isCuredBySuccess, let request = occurrence.subject?.failedRequest else { return }
        if let success = successes[request], success.ordinal > occurrence.ordinal {
            groups[index].overcome(1, by: success.seq)
        } else if watched.count < Self.watchLimit || watched[request] != nil {
            watched[request, default: [:]][index, default: 0] += 1
        }
    }

    /// The place of the group that a finding belongs to, made where there is none and room for one.
    private mutating func group(for occurrence: Occurrence) -> Int {
        let finding = occurrence.finding
        let subject =
            finding.subject.isEmpty ? occurrence.subject.map { String($0.seq) } ?? finding.title : finding.subject
        let key = FindingGroup.Key(rule: finding.rule, subject: subject, isRest: false)
        if let index = groupIndex[key] { return index }
        let isRest = groupsOfRule[finding.rule, default: 0] >= Self.groupLimit
        let place = isRest ? FindingGroup.Key(rule: finding.rule, subject: "", isRest: true) : key
        if isRest, let index = groupIndex[place] { return index }
        groupsOfRule[finding.rule, default: 0] += isRest ? 0 : 1
        groups.append(FindingGroup(finding, rank: occurrence.rule.rank, isRest: isRest))
        groupIndex[place] = groups.count - 1
        return groups.count - 1
    }
}
