import Registry
import TapeModel

extension ReplayMachine {
    /// Answers a question that changes nothing.
    mutating func read(_ question: Question) -> ReplayAnswer {
        if let live = liveAnswer(question) {
            skip(question)
            return RangeReply.cut(live, question.request)
        }
        if let recorded = recorded(question) { return RangeReply.cut(recorded, question.request) }
        if let implied = implied(question) { return RangeReply.cut(implied, question.request) }
        if let challenge = challenge(question) { return challenge }
        if let absent = absent(question) { return absent }
        return miss(question)
    }

    /// In a registry that anything may be pushed to, what is not there is no gap of the tape.
    private func absent(_ question: Question) -> ReplayAnswer? {
        guard options.isWritable,
            known(question) == nil || state.repository(question.authority, question.repository) != nil
        else { return nil }
        switch question.operation.endpoint {
        case .blobGet, .blobHead: return ErrorAnswer.make(404, "BLOB_UNKNOWN", "blob unknown to registry", .live)
        case .manifestGet, .manifestHead: return Self.unknownManifest
        case .tagsList:
            return ErrorAnswer.make(404, "NAME_UNKNOWN", "repository name not known to registry", .live)
        default: return nil
        }
    }

    /// The tape's own answer: for these credentials, or for nobody's where anybody gets it.
    mutating func recorded(_ question: Question) -> ReplayAnswer? {
        for key in keys(question.key) {
            if let answer = next(key, question) { return answer }
            if question.isHead, let get = Self.get(of: key.endpoint),
                let answer = peek(key.with(endpoint: get), question)
            {
                return answer
            }
        }
        return nil
    }

    /// From the narrowest question to the widest.
    private func keys(_ key: ReplayKey) -> [ReplayKey] {
        var keys = [key]
        if !key.range.isEmpty { keys.append(key.with(range: "")) }
        if !key.scheme.isEmpty { keys += keys.map { $0.with(scheme: "") } }
        return keys
    }

    static func get(of endpoint: Endpoint) -> Endpoint? {
        switch endpoint {
        case .blobHead: .blobGet
        case .manifestHead: .manifestGet
        case .storageHead: .storageGet
        default: nil
        }
    }

    /// The next answer in order; the last one stays.
    mutating func next(_ key: ReplayKey, _ question: Question) -> ReplayAnswer? {
        guard let slot = index.slotOf[key] else { return nil }
        guard var answer = current(slot) else { return nil }
        if answer.status == 304, !question.isConditional {
            // What was told to somebody who had the content already says nothing to others.
            guard let other = index.answers(slot).last(where: { $0.status != 304 }) else { return nil }
            answer = other
        }
        guard isFit(answer, key, question) else { return nil }
        guard let reply = RecordedReply(index: index, timing: options.timing).answer(answer, question) else {
            return nil
        }
        advance(slot)
        return reply
    }

    /// The answer that would come, for a question that is only like the recorded one.
    private func peek(_ key: ReplayKey, _ question: Question) -> ReplayAnswer? {
        guard let slot = index.slotOf[key], let answer = current(slot), answer.ending == .complete,
            isFit(answer, key, question)
        else { return nil }
        return RecordedReply(index: index, timing: nil).answer(answer, question, fromGet: true)
    }

    /// Counts an answer as given that something of this run stood in for.
    mutating func skip(_ question: Question) {
        if let slot = index.slotOf[question.key] { advance(slot) }
    }

    mutating func advance(_ slot: Int) {
        served[slot] += 1
        guard let answer = current(slot) else { return }
        let isLast = cursors[slot].answer + 1 >= index.answers(slot).count
        if cursors[slot].repetition + 1 < answer.count {
            cursors[slot].repetition += 1
        } else if !isLast {
            cursors[slot] = Cursor(answer: cursors[slot].answer + 1)
        }
    }

    /// The answer that comes next.
    func current(_ slot: Int) -> RecordedAnswer? {
        let answers = index.answers(slot)
        guard cursors.indices.contains(slot), answers.indices.contains(cursors[slot].answer) else { return nil }
        return answers[cursors[slot].answer]
    }

    private func isFit(_ answer: RecordedAnswer, _ key: ReplayKey, _ question: Question) -> Bool {
        // A challenge is for those who showed nothing, or the same.
        if key.scheme != question.scheme, !answer.isSuccess { return false }
        return answer.status != 304 || question.isConditional
    }

    /// The 401 that a host gave, to a request without the credentials that its answers were recorded with.
    func challenge(_ question: Question) -> ReplayAnswer? {
        guard let challenge = index.content.challenges[question.authority], !question.operation.endpoint.isToken,
            !question.operation.endpoint.isStorage, !isAllowed(question)
        else { return nil }
        let writer = FieldWriter(shift: TimeShift(from: challenge.moment, to: question.now))
        var fields = challenge.fields.map(writer.field)
        if !question.repository.isEmpty { fields = fields.map { Self.scoped($0, question) } }
        if !isInScope(question) {
            for place in fields.indices where fields[place].parts.count > 1 {
                fields[place].parts.append(.text(",error=\"insufficient_scope\""))
            }
        }
        return ErrorAnswer.make(
            401, "UNAUTHORIZED", "authentication required", .challenge,
            fields: fields + [AnswerField("Docker-Distribution-Api-Version", "registry/2.0")])
    }

    /// A Bearer challenge names the scope that is wanted for this request, not for the recorded one.
    private static func scoped(_ field: AnswerField, _ question: Question) -> AnswerField {
        guard field.parts.count == 3, case .text(let rest) = field.parts[2] else { return field }
        let parameters = rest.split(separator: ",").filter { !$0.hasPrefix("scope=") && !$0.hasPrefix(" scope=") }
        let actions =
            switch question.operation.endpoint {
            case .blobDelete, .manifestDelete: "delete"
            default: question.operation.endpoint.isWrite ? "pull,push" : "pull"
            }
        let name = HeaderText.safe(question.repository).filter { $0 != "\"" && $0 != "\\" }
        // A list of actions holds a comma, which cut it in two above.
        let kept = parameters.filter { !["push\"", "pull\"", "delete\""].contains($0) }
        var scoped = field
        scoped.parts[2] = .text(kept.joined(separator: ",") + ",scope=\"repository:\(name):\(actions)\"")
        return scoped
    }

    /// Whether these credentials may have what is known of the repository.
    ///
    /// What was recorded with credentials is for requests with credentials of that kind, what was recorded without them
    /// is for everybody; what the tape does not know follows the host's habit. A token that says for which repository it
    /// is, is for no other.
    func isAllowed(_ question: Question) -> Bool {
        guard isInScope(question) else { return false }
        if let known = index.content.repository(question.authority, question.repository), !known.schemes.isEmpty {
            return known.schemes.contains(question.scheme) || known.schemes.contains("")
        }
        return !question.scheme.isEmpty || index.content.challenges[question.authority] == nil
    }

    func miss(_ question: Question, reason: String? = nil) -> ReplayAnswer {
        let miss = NearMiss(question, question.key, index, reason: reason)
        let code: String
        switch question.operation.endpoint {
        case .blobGet, .blobHead, .blobDelete: code = "BLOB_UNKNOWN"
        case .manifestGet, .manifestHead, .manifestDelete: code = "MANIFEST_UNKNOWN"
        case .tagsList, .referrersGet, .uploadStart, .uploadMount, .uploadPost, .manifestPut: code = "NAME_UNKNOWN"
        case .uploadPatch, .uploadPut, .uploadStatus, .uploadCancel: code = "BLOB_UPLOAD_UNKNOWN"
        default: code = "NOT_FOUND"
        }
        return ErrorAnswer.make(
            404, code, "regtape: " + miss.description, .miss(miss),
            detail: miss.nearest.map { .object([.init("nearest", .number(String($0.seq)))]) } ?? .null)
    }
}
