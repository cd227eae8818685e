import Registry

/// What rules about rate limits say alike.
extension DecodedExchange {
    /// The error document names the limit, as the distribution specification has it (code-14), or in words.
    var namesTooManyRequests: Bool {
        errors.contains { $0.code == "TOOMANYREQUESTS" } || errorText.lowercased().contains("toomanyrequests")
    }

    /// No credentials, or a token that was given to nobody in particular.
    var isAnonymous: Bool {
        guard let credentials else { return true }
        return credentials.claims?.isAnonymous ?? grant?.request.isAnonymous ?? false
    }

    /// A limit that is counted in pulls; the answer to HEAD has no document and tells it by its fields alone.
    var isPullLimit: Bool { namesTooManyRequests || rateLimit?.limit != nil }

    /// `, after 30 s` where the server says how long to wait.
    var retryAfterWords: String {
        rateLimit?.retryAfter.map { ", after \($0) s as the server asks" } ?? ""
    }

    /// `after 30 s, as the server asks`; nothing where it does not say.
    var pauseWords: String? { rateLimit?.retryAfter.map { "after \($0) s, as the server asks" } }
}
