import Registry
import TapeModel

/// What rules about logins and tokens ask alike.
extension DecodedExchange {
    /// The registry refused, and not merely to begin the handshake: credentials were shown, or the answer is final.
    var isRefusedAccess: Bool {
        switch status {
        case 401: credentials != nil
        case 403: true
        default: false
        }
    }

    /// `error` of the challenge (RFC 6750 §3.1).
    var challengeError: String? { challenges.lazy.compactMap(\.error).first }

    /// What this request needs of its repository (distribution, token scopes).
    var neededActions: Set<String> {
        if method == "DELETE" { return ["delete"] }
        return operation.endpoint.isWrite || operation.endpoint == .uploadStatus ? ["pull", "push"] : ["pull"]
    }

    /// What the token of this request allows on its repository; nothing where the token does not say.
    var grantedActions: Set<String>? {
        guard let access = credentials?.claims?.access ?? grant?.answer.claims?.access else { return nil }
        guard let repository = operation.repository else { return nil }
        return Set(access.filter { $0.name == repository }.flatMap(\.actions))
    }

    /// Every word of the answer in lower case, for phrases that products use.
    var said: String { errorText.lowercased() }

    /// Refused for its token, and answered well moments later.
    ///
    /// Clients get their tokens step by step: a wider one when the first does not reach, a new one when the old one ends.
    /// That is the normal course and no fault.
    func isRenewed(in window: TraceWindow) -> Bool {
        guard status == 401, let later = window.laterSuccess(of: self) else { return false }
        return later.started.microseconds(since: ended) < 30_000_000
    }

    /// A form with a password, or with the long-lived token that stands for one.
    var showsLoginInForm: Bool {
        operation.endpoint == .tokenPost
            && (tokenRequest?.grantType == "password" || tokenRequest?.grantType == "refresh_token")
    }

    /// The registry whose challenge made this host a token server; the host itself where it is both, or nobody knows.
    func registry(in window: TraceWindow) -> HostProfile {
        guard operation.endpoint.isToken, let challenge = host.learntFrom.flatMap(window.exchange) else { return host }
        return challenge.host
    }

    /// Asks for something to be changed, so that `push` is the word for it.
    var isPushing: Bool { operation.endpoint.isWrite }

    /// The repository; of a request for a token, what its scope names.
    var repositoryWords: String {
        (operation.repository ?? tokenRequest?.scopes.first?.name)?.quotable(120) ?? "the repository"
    }

    /// `to push` or `to pull`, for who may not.
    var actionWords: String {
        switch operation.endpoint {
        case .manifestDelete, .blobDelete: "delete from"
        default: isPushing ? "push to" : "pull"
        }
    }
}

extension HostProfile {
    /// Docker Hub is what a login without a host means.
    var loginCommand: String { product == .dockerHub ? "docker login" : "docker login \(authority)" }

    /// The first label of the host name: the registry's own name at Azure.
    var firstLabel: String { name.split(separator: ".").first.map(String.init) ?? name }

    /// The region in the host name of Amazon's registry.
    var amazonRegion: String {
        let labels = name.split(separator: ".")
        guard let place = labels.firstIndex(where: { $0 == "ecr" || $0 == "ecr-fips" }) else { return "REGION" }
        return labels.dropFirst(place + 1).first.map(String.init) ?? "REGION"
    }

    /// How Amazon's own program logs Docker in to this host.
    var amazonLoginCommand: String {
        product == .ecrPublic
            ? "aws ecr-public get-login-password --region us-east-1 | docker login --username AWS --password-stdin \(authority)"
            : "aws ecr get-login-password --region \(amazonRegion) | docker login --username AWS --password-stdin \(authority)"
    }
}
