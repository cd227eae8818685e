public import Registry
import TapeModel

/// A request that the tape has no answer for, and the recorded one that is most like it.
public struct NearMiss: Sendable, Hashable, CustomStringConvertible {
    public struct Difference: Sendable, Hashable {
        /// `operation`, `host`, `repository`, `subject`, `range`, `credentials`.
        public var part: String
        public var asked: String
        public var recorded: String

        public init(part: String, asked: String, recorded: String) {
            self.part = part
            self.asked = asked
            self.recorded = recorded
        }
    }

    public struct Nearest: Sendable, Hashable {
        public var seq: Int64
        public var method: String
        public var url: String
        public var differences: [Difference]
    }

    public var method: String
    public var url: String
    public var endpoint: Endpoint
    /// Nothing where the tape has nothing like it.
    public var nearest: Nearest?
    /// Why it was not answered, where that is another reason than that nothing fits.
    public var reason: String?

    /// One sentence for a person.
    public var description: String {
        let asked = "\(method) \(url) is not on the tape"
        let why = reason.map { ": " + $0 } ?? ""
        guard let nearest else { return asked + why }
        let differences = nearest.differences.map {
            "\($0.part) is \($0.asked.isEmpty ? "none" : $0.asked), recorded \($0.recorded.isEmpty ? "none" : $0.recorded)"
        }
        return asked + why + "; nearest is exchange \(nearest.seq), \(nearest.method) \(nearest.url)"
            + (differences.isEmpty ? "" : ": " + differences.joined(separator: "; "))
    }
}

extension NearMiss {
    init(_ question: Question, _ key: ReplayKey, _ index: ReplayIndex, reason: String? = nil) {
        method = HeaderText.safe(String(question.request.method.prefix(32)))
        url = Self.masked(HeaderText.safe(String(question.request.url.prefix(Self.longestURL))))
        endpoint = question.operation.endpoint
        self.reason = reason
        var best: (slot: ReplayIndex.Slot, score: Int)?
        for slot in index.slots.prefix(Self.mostCompared) {
            let score = Self.score(key, slot.key)
            if score > best?.score ?? Self.least { best = (slot, score) }
        }
        guard let best, let answer = best.slot.answers.first else { return }
        nearest = Nearest(
            seq: answer.seq, method: best.slot.method,
            url: HeaderText.safe(String(best.slot.url.prefix(Self.longestURL))),
            differences: Self.differences(key, best.slot.key))
    }

    /// A client may have sent a secret of its own, and this goes to a terminal.
    private static func masked(_ url: String) -> String {
        guard let mark = url.firstIndex(of: "?") else { return url }
        let query = url[url.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = pair.prefix { $0 != "=" }
            return name.count < pair.count && VolatileParameters.contains(String(name)) ? "\(name)=..." : String(pair)
        }
        return url[...mark] + query.joined(separator: "&")
    }

    /// A miss has to be told while a client waits: a tape of a million questions is not looked through.
    private static let mostCompared = 50_000
    private static let longestURL = 2_048
    /// The same host alone makes nothing alike.
    private static let least = 2

    private static func score(_ asked: ReplayKey, _ recorded: ReplayKey) -> Int {
        var score = 0
        if asked.endpoint == recorded.endpoint {
            score += 8
        } else if sameThing(asked.endpoint, recorded.endpoint) {
            score += 5
        }
        if asked.place == recorded.place { score += 6 }
        if asked.subject == recorded.subject { score += 7 }
        if asked.authority == recorded.authority { score += 2 }
        if asked.scheme == recorded.scheme { score += 1 }
        if asked.range == recorded.range { score += 1 }
        if score >= 8 {
            score =
                score * 16
                + min(15, commonPrefix(asked.place, recorded.place) + commonPrefix(asked.subject, recorded.subject))
        }
        return score
    }

    private static func sameThing(_ one: Endpoint, _ other: Endpoint) -> Bool {
        one.isManifestRead && other.isManifestRead || one.isBlobRead && other.isBlobRead
            || one.isStorage && other.isStorage || one.isToken && other.isToken || one.isUpload && other.isUpload
    }

    private static func commonPrefix(_ one: String, _ other: String) -> Int {
        var count = 0
        for (left, right) in zip(one.utf8, other.utf8) {
            guard left == right, count < 15 else { break }
            count += 1
        }
        return count
    }

    private static func differences(_ asked: ReplayKey, _ recorded: ReplayKey) -> [Difference] {
        [
            ("operation", asked.endpoint.rawValue, recorded.endpoint.rawValue),
            ("host", asked.authority, recorded.authority), ("repository", asked.place, recorded.place),
            ("subject", asked.subject, recorded.subject), ("range", asked.range, recorded.range),
            ("credentials", asked.scheme, recorded.scheme),
        ].filter { $0.1 != $0.2 }.map {
            Difference(
                part: $0.0, asked: HeaderText.safe(String($0.1.prefix(512))),
                recorded: HeaderText.safe(String($0.2.prefix(512))))
        }
    }
}
