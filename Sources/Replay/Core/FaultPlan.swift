import Registry
import TapeModel

/// Which request a fault strikes, as the rules say; the first rule that fits strikes alone.
///
/// Delays and bandwidths go together with whatever else strikes.
struct FaultPlan: Sendable {
    private let rules: [FaultRule]
    private var matches: [Int]
    private var random: UInt64
    private var held: [Int: StruckFault] = [:]

    init(_ rules: [FaultRule], seed: UInt64) {
        self.rules = rules
        matches = Array(repeating: 0, count: rules.count)
        random = seed
    }

    /// What strikes a request, whose number among the matching ones each rule counts.
    mutating func before(_ subject: @autoclosure () -> FilterSubject) -> StruckFault? {
        guard !rules.isEmpty else { return nil }
        let subject = subject()
        var struck = StruckFault()
        for (index, rule) in rules.enumerated() where rule.filter.matches(subject) {
            matches[index] += 1
            if strikes(rule.occurrence, matches[index]) { struck.add(rule.action) }
        }
        return struck.isEmpty ? nil : struck
    }

    /// The storage whose signed URL has expired: the request shows one that a rule has put into a registry's answer.
    ///
    /// The URL itself tells, so that a rule's filter and number count for the registry's answer and for nothing else.
    func expired(_ question: Question) -> FaultRule.Storage? {
        guard question.operation.endpoint.isStorage || question.operation.endpoint == .unknown,
            let storage = ExpiredURL.storage(of: question.url),
            rules.contains(where: { $0.action == .expiredURL(storage) })
        else { return nil }
        return storage
    }

    mutating func hold(_ fault: StruckFault, for request: Int) { held[request] = fault }

    mutating func release(_ request: Int) -> StruckFault? { held.removeValue(forKey: request) }

    private mutating func strikes(_ occurrence: FaultRule.Occurrence, _ number: Int) -> Bool {
        switch occurrence {
        case .every: return true
        case .number(let wanted): return number == wanted
        case .from(let first): return number >= first
        case .probability(let share):
            // SplitMix64, 53 bits of it.
            random &+= 0x9E37_79B9_7F4A_7C15
            var mixed = random
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            return Double(mixed >> 11) / 9_007_199_254_740_992 < share
        }
    }
}

/// What strikes one request.
struct StruckFault: Sendable, Hashable {
    private(set) var delivery = Delivery()
    private var action: FaultRule.Action?

    var isEmpty: Bool { action == nil && delivery == Delivery() }

    mutating func add(_ action: FaultRule.Action) {
        switch action {
        case .delay(let time): delivery.delay = max(delivery.delay, time)
        case .bandwidth(let rate): delivery.bandwidth = min(delivery.bandwidth ?? .max, rate)
        case .cut(let length): delivery.cutAfter = min(delivery.cutAfter ?? .max, length)
        case .flip(let place): delivery.flippedOctet = place
        default: if self.action == nil { self.action = action }
        }
    }

    /// An answer that takes the place of the right one, which is not asked for then.
    func replacement(_ question: Question, _ index: ReplayIndex) -> ReplayAnswer? {
        switch action {
        case .reset, .silence:
            var answer = ReplayAnswer(status: 0, origin: .fault)
            answer.delivery.ending = action == .reset ? .reset : .silence
            return answer
        case .status(let status, let code):
            return ErrorAnswer.make(status, code, "regtape: a fault that was asked for", .fault)
        case .rateLimit(let seconds):
            return ErrorAnswer.make(
                429, "TOOMANYREQUESTS", "You have reached your pull rate limit", .fault,
                fields: [
                    AnswerField("Retry-After", String(seconds)), AnswerField("RateLimit-Limit", "100;w=21600"),
                    AnswerField("RateLimit-Remaining", "0;w=21600"),
                ])
        case .expiredToken: return expiredToken(question, index)
        case .expiredURL(let storage):
            // Of a registry's answer it is the Location that expires; see `altered`.
            return question.operation.endpoint.isStorage ? ExpiredURL.answer(storage, question.now) : nil
        default: return nil
        }
    }

    /// The right answer, made wrong.
    func altered(_ answer: ReplayAnswer, _ question: Question) -> ReplayAnswer {
        var answer = answer
        switch action {
        case .expiredURL(let storage):
            for (index, field) in answer.fields.enumerated() where field.name.equalsIgnoringASCIICase("location") {
                guard (300..<400).contains(answer.status), case .url(let url)? = field.parts.first else { continue }
                answer.fields[index] = AnswerField(
                    field.name, parts: [.url(ExpiredURL.location(url, storage, question.now))])
            }
        case .wrongDigest:
            // Where no field names a digest, the content has to be another one.
            if answer.first("docker-content-digest") == nil, !answer.body.isEmpty { answer.delivery.flippedOctet = 0 }
            for (index, field) in answer.fields.enumerated() {
                let name = field.name.lowercasedASCII
                guard name == "docker-content-digest" || name == "etag", case .text(let value)? = field.parts.first
                else { continue }
                answer.fields[index] = AnswerField(field.name, Self.anotherDigest(value))
            }
        case .wrongScheme:
            for (index, field) in answer.fields.enumerated() where field.name.equalsIgnoringASCIICase("location") {
                // As text, so that nobody puts it right.
                guard case .url(let url)? = field.parts.first else { continue }
                answer.fields[index] = AnswerField(field.name, Self.otherScheme(url))
            }
        default: break
        }
        return answer
    }

    private static func anotherDigest(_ value: String) -> String {
        guard let place = value.lastIndex(where: { $0.isHexDigit }) else { return value }
        return value[..<place] + (value[place] == "0" ? "1" : "0") + value[value.index(after: place)...]
    }

    private static func otherScheme(_ url: String) -> String {
        if url.hasPrefix("https:") { return "http:" + url.dropFirst(6) }
        return url.hasPrefix("http:") ? "https:" + url.dropFirst(5) : url
    }

    /// As distribution says it (REGISTRY-FACTS.md §2.1): 401, the challenge again, and `invalid_token`.
    private func expiredToken(_ question: Question, _ index: ReplayIndex) -> ReplayAnswer {
        var fields: [AnswerField] = []
        if let challenge = index.content.challenges[question.authority] {
            let writer = FieldWriter(shift: TimeShift(from: challenge.moment, to: question.now))
            fields = challenge.fields.map(writer.field)
        } else {
            fields = [AnswerField("WWW-Authenticate", "Bearer realm=\"\",service=\"\"")]
        }
        for place in fields.indices where fields[place].parts.count > 1 {
            fields[place].parts.append(.text(",error=\"invalid_token\""))
        }
        return ErrorAnswer.make(401, "UNAUTHORIZED", "authentication required", .fault, fields: fields)
    }
}

extension Delivery {
    mutating func merge(_ other: Delivery) {
        delay = max(delay, other.delay)
        if let rate = other.bandwidth { bandwidth = min(bandwidth ?? .max, rate) }
        cutAfter = other.cutAfter ?? cutAfter
        flippedOctet = other.flippedOctet ?? flippedOctet
        if other.ending != .complete { ending = other.ending }
    }
}
