public import TapeModel

/// What a request showed of who sent it.
public struct Credentials: Sendable, Hashable {
    /// As sent, such as `Basic` or `Bearer`.
    public var scheme: String
    /// Stands for the secret: equal for equal secrets of one tape, and nothing of it can be recovered from a redacted one.
    public var identity: String
    /// What a JWT says of itself; nothing for opaque tokens and other schemes.
    public var claims: TokenClaims?

    public var isBasic: Bool { scheme.lowercased() == "basic" }
    public var isBearer: Bool { scheme.lowercased() == "bearer" }
}

/// The readable part of a JWT (RFC 7519), never verified: the trace shows what was claimed.
public struct TokenClaims: Sendable, Hashable {
    public var issuer: String?
    public var subject: String?
    public var audience: [String]
    public var expires: Instant?
    public var notBefore: Instant?
    public var issued: Instant?
    /// `access` of the distribution's tokens: what was granted; nothing where the claim is absent.
    public var access: [TokenScope]?
    public var grantType: String?
    /// `kid` of the header.
    public var keyID: String?
    /// An empty subject means that nobody was logged in.
    public var isAnonymous: Bool { subject == "" }
}

/// A token that was asked for: at a realm, for scopes (distribution, token and oauth; Azure's exchange).
public struct TokenRequest: Sendable, Hashable {
    public var service: String?
    /// Each scope as it was asked for, whether in several parameters or several words.
    public var scopes: [TokenScope]
    /// How many `scope` parameters there were.
    public var scopeParameters: Int
    /// `account` or `username` was given.
    public var namesAccount: Bool
    public var grantType: String?
    public var clientID: String?
    public var wantsRefreshToken: Bool
    /// Neither credentials, nor a refresh token, nor a password were sent.
    public var isAnonymous: Bool
}

/// What a token server gave.
public struct TokenAnswer: Sendable, Hashable {
    /// Identity of the bearer token; see `Credentials.identity`.
    public var token: String?
    public var hasRefreshToken: Bool
    /// Seconds; 60 where the answer does not say (distribution, token).
    public var expiresIn: Int64
    public var saysExpiry: Bool
    public var issued: Instant?
    public var claims: TokenClaims?
}

/// A token of the trace and where it came from, as each request that carries it is told.
public struct TokenGrant: Sendable, Hashable {
    /// The token exchange.
    public var seq: Int64
    public var host: String
    public var request: TokenRequest
    public var answer: TokenAnswer
    /// When its answer was complete.
    public var granted: Instant
    /// When it expires by `expires_in`, or by the claim where there is one.
    public var expires: Instant
}
