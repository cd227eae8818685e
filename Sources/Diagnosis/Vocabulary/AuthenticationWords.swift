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

    /// Asks for something to be changed, so that `push` is the word for it.
    var isPushing: Bool { operation.endpoint.isWrite }

    var repositoryWords: String { operation.repository ?? "the repository" }
}

extension HostProfile {
    /// Docker Hub is what a login without a host means.
    var loginCommand: String { product == .dockerHub ? "docker login" : "docker login \(authority)" }

    /// The first label of the host name: the registry's own name at Azure.
    var firstLabel: String { name.split(separator: ".").first.map(String.init) ?? name }

    /// The region in the host name of Amazon's registry.
    var amazonRegion: String {
        let labels = name.split(separator: ".")
        guard let place = labels.firstIndex(of: "ecr"), place + 1 < labels.count else { return "REGION" }
        return String(labels[place + 1])
    }
}
