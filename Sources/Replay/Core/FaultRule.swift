public import Registry
import TapeModel

/// One thing that goes wrong on purpose: for which requests, how, and how often.
public struct FaultRule: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        /// Microseconds before the answer.
        case delay(Int64)
        /// Octets per second.
        case bandwidth(Int64)
        /// The connection is closed behind so many octets of the body.
        case cut(Int64)
        /// The octet at this place is sent with its lowest bit turned.
        case flip(Int64)
        /// `Docker-Content-Digest` and `ETag` name another content.
        case wrongDigest
        case reset
        /// No answer at all.
        case silence
        /// An error in OCI form.
        case status(Int, code: String)
        /// 429; `Retry-After` in seconds.
        case rateLimit(retryAfter: Int)
        /// 401 that says the token is not valid any more.
        case expiredToken
        /// A signed URL that has expired, as its storage says it.
        case expiredURL(Storage)
        /// `Location` with http for https and the other way about.
        case wrongScheme
    }

    public enum Storage: String, Sendable, Hashable, CaseIterable {
        case azure
        case s3
        case gcs
    }

    public enum Occurrence: Sendable, Hashable {
        case every
        /// The matching request with this number, from 1.
        case number(Int)
        /// That one and all behind it.
        case from(Int)
        /// A share between 0 and 1, decided by the seed.
        case probability(Double)
    }

    public var filter: Filter
    public var action: Action
    public var occurrence: Occurrence

    public init(_ action: Action, when filter: Filter, occurrence: Occurrence = .every) {
        self.action = action
        self.filter = filter
        self.occurrence = occurrence
    }
}

/// Why a text is no fault.
public struct FaultError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Characters before the place at fault.
    public var offset: Int
    /// What was found there and what was expected.
    public var description: String

    init(_ description: String, at offset: Int = 0) {
        self.description = description
        self.offset = offset
    }
}
