import Registry
public import TapeModel

/// Answers requests as the hosts of a tape did, and goes on from there.
///
/// A value: a head comes in, a decision goes out, and time is an argument. It opens nothing, reads nothing and hashes
/// nothing; whoever drives it does, and tells it what came of it. One machine stands for all hosts of the tape, so calls
/// come one after the other.
///
/// Answers are looked for in this order: what this run changed; what the tape recorded for the question, in order, the
/// last answer staying; what the tape's content implies; and at last a miss.
public struct ReplayMachine: Sendable {
    public struct Options: Sendable {
        /// Whether anything may be pushed and deleted; otherwise only what the tape shows being pushed is taken.
        public var isWritable = false
        public var clock = ReplayClock.moving
        /// Makes upload ids differ between runs that shall not meet; equal seeds give equal runs.
        public var seed: UInt64 = 0
        /// Recorded waits and rates times this; nothing for as fast as can be.
        public var timing: Double?
        public var faults: [FaultRule] = []
        /// What clients of earlier runs pushed and deleted.
        public var history = LiveHistory()

        public init() {}
    }

    public let index: ReplayIndex
    public let options: Options
    /// Place among a question's answers.
    struct Cursor: Sendable {
        var answer = 0
        var repetition = 0
    }

    /// One for each slot of the index.
    var cursors: [Cursor]
    var served: [Int]
    var state: LiveState
    var uploads: UploadTable
    var faults: FaultPlan
    var pending = 0
    var tally = ReplayTally()
    private var tokens = TokenReadings()
    /// Effects that wait for the next answer to be told with.
    var owed: [ReplayEffect] = []

    public init(index: ReplayIndex, options: Options = Options()) {
        self.index = index
        self.options = options
        cursors = Array(repeating: Cursor(), count: index.slots.count)
        served = Array(repeating: 0, count: index.slots.count)
        state = LiveState(options.history)
        uploads = UploadTable(seed: options.seed)
        faults = FaultPlan(options.faults, seed: options.seed)
    }

    /// Starts over, as if nothing had been asked; the server forgets what was pushed in this run.
    ///
    /// - Returns: the number from which on changes belong to the new beginning.
    @discardableResult
    public mutating func reset() -> Int64 {
        let last = state.last
        self = ReplayMachine(index: index, options: options)
        state.last = last
        return last + 1
    }

    /// The server could not do what an answer demands of it: what the answer would have told has not happened.
    public mutating func failed(_ effects: [ReplayEffect]) {
        for effect in effects { state.revoke(effect) }
    }

    /// Changes a repository, for this run at once and by the effect for later ones.
    mutating func change(_ question: Question, _ kind: LiveChange.Kind) -> ReplayEffect {
        state.last += 1
        let change = LiveChange(
            number: state.last, authority: question.authority, repository: question.repository, kind: kind)
        state.apply(change)
        return .record(change)
    }

    /// Decides about a request, of which only the head is there.
    public mutating func answer(_ request: ReplayRequest, at real: Instant) -> ReplayDecision {
        guard let question = question(request, at: real) else {
            tally.missed += 1
            return .answer(ErrorAnswer.make(400, "NAME_INVALID", "the request's target cannot be read", .implied))
        }
        if let storage = faults.expired(question) {
            return .answer(finish(ExpiredURL.answer(storage, question.now), question, nil))
        }
        if let fault = faults.before(question.subject) {
            if let answer = fault.replacement(question, index) {
                return .answer(finish(answer, question, fault.delivery))
            }
            switch decide(question) {
            case .answer(let answer): return .answer(finish(fault.altered(answer, question), question, fault.delivery))
            case .needsBody(let sink, let pending):
                faults.hold(fault, for: pending.number)
                return .needsBody(sink, pending)
            }
        }
        switch decide(question) {
        case .answer(let answer): return .answer(finish(answer, question, nil))
        case .needsBody(let sink, let pending): return .needsBody(sink, pending)
        }
    }

    /// Answers a request whose body has gone where `answer` wanted it.
    public mutating func finished(_ pending: PendingRequest, _ body: ReceivedBody, at real: Instant) -> ReplayAnswer {
        guard let question = question(pending.request, at: real) else {
            return ErrorAnswer.make(400, "NAME_INVALID", "the request's target cannot be read", .implied)
        }
        let fault = faults.release(pending.number)
        let answer = conclude(question, pending, body)
        return finish(fault?.altered(answer, question) ?? answer, question, fault?.delivery)
    }

    /// The server could not put the body of a request where `answer` wanted it.
    ///
    /// How much of it the upload has now nobody knows, so the upload is over: the client begins anew. Gives what has to be done for that.
    public mutating func unstored(_ pending: PendingRequest) -> [ReplayEffect] {
        _ = faults.release(pending.number)
        guard let id = pending.upload else { return [] }
        uploads.end(id)
        return [.discard(id)]
    }

    /// What was asked so far, and what was not.
    public var report: ReplayReport {
        var report = ReplayReport(tally)
        for (slot, entry) in zip(index.slots, served) {
            var passed = 0
            for answer in slot.answers {
                let unused = min(answer.count, max(0, passed + answer.count - entry))
                passed += answer.count
                report.unused += unused
                if unused > 0, report.unusedExchanges.count < ReplayReport.mostListed {
                    report.unusedExchanges.append(
                        .init(seq: answer.seq, method: slot.method, url: HeaderText.safe(slot.url)))
                }
            }
        }
        report.unusedExchanges.sort { $0.seq < $1.seq }
        return report
    }

    private mutating func question(_ request: ReplayRequest, at real: Instant) -> Question? {
        guard var question = Question(request, index, now: options.clock.now(at: real)) else { return nil }
        if question.scheme == "bearer", index.content.goesByScope(question.authority) {
            question.access = request.fields.first("authorization").flatMap { tokens.access($0) }
        }
        return question
    }

    private mutating func decide(_ question: Question) -> ReplayDecision {
        if let refusal = outOfScope(question) { return .answer(refusal) }
        switch question.operation.endpoint {
        case .uploadStart, .uploadMount, .uploadPost, .uploadPatch, .uploadPut, .uploadStatus, .uploadCancel:
            return upload(question)
        case .manifestPut: return putManifest(question)
        case .manifestDelete, .blobDelete: return .answer(delete(question))
        case .tokenPost, .tokenExchange:
            return .needsBody(.memory(limit: Self.longestForm), wait(question, nil))
        case .tokenGet: return .answer(token(question, form: nil))
        default: return .answer(read(question))
        }
    }

    private mutating func conclude(_ question: Question, _ pending: PendingRequest, _ body: ReceivedBody)
        -> ReplayAnswer
    {
        if let upload = pending.upload { return received(question, upload, pending.number, body) }
        guard case .memory(let octets, let sha256) = body else {
            if case .tooLong = body {
                return ErrorAnswer.make(413, "SIZE_INVALID", "the body is longer than is taken", .live)
            }
            return ErrorAnswer.make(400, "SIZE_INVALID", "the body broke off", .live)
        }
        switch question.operation.endpoint {
        case .manifestPut: return received(question, manifest: octets, sha256: sha256)
        default: return token(question, form: octets)
        }
    }

    mutating func wait(_ question: Question, _ upload: UploadID?) -> PendingRequest {
        pending += 1
        return PendingRequest(request: question.request, upload: upload, number: pending)
    }

    /// Registries take manifests of 4 MiB at least (distribution-spec, pushing manifests), and no form is as long.
    static let longestManifest = 4 << 20
    static let longestForm = 262_144

    private mutating func finish(_ answer: ReplayAnswer, _ question: Question, _ fault: Delivery?) -> ReplayAnswer {
        var answer = answer
        if let fault {
            answer.delivery.merge(fault)
            if answer.origin != .fault { tally.faults += 1 }
        }
        if !answer.fields.contains(where: { $0.name.equalsIgnoringASCIICase("date") }) {
            answer.fields.append(AnswerField("Date", question.now.httpDate))
        }
        let isEmpty = answer.status < 200 || answer.status == 204 || answer.status == 304
        if question.isHead || isEmpty { answer.body = [] }
        if isEmpty, answer.status != 304 {
            answer.fields.removeAll { $0.name.equalsIgnoringASCIICase("content-length") }
        }
        answer.effects = owed + answer.effects
        owed = []
        tally.count(answer.origin)
        return answer
    }
}
