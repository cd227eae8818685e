import Registry
import TapeModel

extension ReplayMachine {
    /// A token: the recorded one for these scopes, moved in time, else one made of another that the host gave.
    mutating func token(_ question: Question, form: [UInt8]?) -> ReplayAnswer {
        let asked = TokenRequest(
            question.url, form: form, hasCredentials: !question.scheme.isEmpty, method: question.request.method)
        var question = question
        question.key = question.key(token: asked, index.matching)
        if let recorded = recorded(question) { return recorded }
        let kinds = index.content.grants[question.authority] ?? []
        let kind = Self.kind(of: asked, question, kinds)
        guard kinds.contains(kind) || kinds.contains("") else { return refused(question, kinds) }
        guard asked.scopes.allSatisfy({ isKnown($0, question) }) else {
            return miss(question, reason: "the tape has no such repository")
        }
        let model =
            index.content.tokenModels[question.authority + " " + kind]
            ?? index.content.tokenModels[question.authority + " "]
        guard let model, case .stored(let sha256, _) = model.body, let octets = index.content.octets(sha256),
            var body = TokenMint.answer(
                octets, by: TimeShift(from: model.moment, to: question.now), scopes: asked.scopes)
        else { return miss(question) }
        if question.operation.endpoint == .tokenPost, kind != "form" {
            body = TokenMint.asFormAnswer(body)
            // What was recorded for the same question in the other manner is used with that.
            if let slot = index.slotOf[question.key.with(endpoint: .tokenGet).with(scheme: kind)] { advance(slot) }
        }
        return ReplayAnswer(
            status: 200,
            fields: [
                AnswerField("Content-Type", "application/json"), AnswerField("Content-Length", String(body.count)),
            ],
            body: [.octets(body)], origin: .implied)
    }

    /// Which of the tape's grants a request may have: those to its own manner of asking.
    ///
    /// A form (OAuth2) is answered from the grants to queries where the tape has no other: containerd asks in this manner
    /// or that, by what it has for credentials.
    private static func kind(of asked: TokenRequest, _ question: Question, _ kinds: Set<String>) -> String {
        switch question.operation.endpoint {
        case .tokenGet: return question.scheme
        case .tokenPost where !kinds.contains("form"):
            return asked.isAnonymous ? "" : kinds.filter { !$0.isEmpty }.min() ?? ""
        default: return "form"
        }
    }

    /// Nobody's token where the tape gave tokens to known clients only.
    private func refused(_ question: Question, _ kinds: Set<String>) -> ReplayAnswer {
        guard !kinds.isEmpty else { return miss(question) }
        return ErrorAnswer.make(
            401, "UNAUTHORIZED", "the tape gave tokens only to who showed \(kinds.sorted().joined(separator: ", "))",
            .implied)
    }

    private func isKnown(_ scope: TokenScope, _ question: Question) -> Bool {
        guard !options.isWritable, scope.type == "repository" else { return true }
        return index.content.repositories.keys.contains { $0.name == scope.name }
    }
}
