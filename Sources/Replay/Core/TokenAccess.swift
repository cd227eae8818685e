import Registry
import TapeModel

/// Whether the `access` claim of a token is for what a request wants (distribution, token authentication).
enum TokenAccess {
    /// True for what belongs to no repository: claims say nothing of that.
    static func covers(_ access: [TokenScope], _ operation: Operation) -> Bool {
        guard let repository = operation.repository, let actions = actions(operation.endpoint) else { return true }
        return access.contains { scope in
            scope.type == "repository" && scope.name == repository
                && scope.actions.contains { $0 == "*" || actions.contains($0) }
        }
    }

    /// Actions any of which is enough; registries differ in which of them they want for the rarer operations.
    private static func actions(_ endpoint: Endpoint) -> [String]? {
        switch endpoint {
        case .blobGet, .blobHead, .manifestGet, .manifestHead, .referrersGet: ["pull"]
        // Azure has an action of its own for lists.
        case .tagsList: ["pull", "metadata_read"]
        case .uploadStart, .uploadPost, .uploadMount, .uploadPatch, .uploadPut, .manifestPut: ["push"]
        case .uploadStatus: ["pull", "push"]
        case .uploadCancel: ["push", "delete"]
        case .blobDelete, .manifestDelete: ["delete"]
        default: nil
        }
    }
}

/// The claims of tokens that clients show, read once each: a client sends its token with every request.
struct TokenReadings: Sendable {
    private var known: [String: [TokenScope]?] = [:]
    private static let most = 64
    /// Longer ones are read each time and not kept.
    private static let longest = 8_192

    /// What `Authorization` says that the client may do; nothing where it is no JWT with such a claim.
    mutating func access(_ field: String) -> [TokenScope]? {
        if let access = known[field] { return access }
        let access = Credentials(field: field)?.claims?.access
        guard field.utf8.count <= Self.longest else { return access }
        if known.count >= Self.most { known = [:] }
        known[field] = .some(access)
        return access
    }
}

extension ReplayMachine {
    /// The answer to a token of another repository or for other actions, as distribution gives it: 401, the challenge
    /// with the scope that is wanted, and `insufficient_scope` (RFC 6750 §3.1, RELIABILITY.md R2).
    ///
    /// A refusal that was recorded for the question says it in the registry's own words.
    func outOfScope(_ question: Question) -> ReplayAnswer? {
        guard !isInScope(question) else { return nil }
        if let slot = index.slotOf[question.key], let next = current(slot), [401, 403].contains(next.status) {
            return nil
        }
        return challenge(question) ?? denied(question)
    }

    /// Whether the token is one for the repository; true where there is none, or none that says so.
    func isInScope(_ question: Question) -> Bool {
        guard let access = question.access else { return true }
        // What was given to nobody in particular is not withheld from somebody.
        let isOpen = index.content.repository(question.authority, question.repository)?.schemes.contains("") == true
        return isOpen && !question.operation.endpoint.isWrite || TokenAccess.covers(access, question.operation)
    }
}
