/// What is done about a request head.
public enum ReplayDecision: Sendable, Hashable {
    /// The answer; a body that the request may have does not matter, and nobody has to read it.
    case answer(ReplayAnswer)
    /// The request's body goes into the sink first; then `ReplayMachine.finished` answers.
    ///
    /// It is told in any case, with `ReceivedBody.broken` where the client went away: an upload waits for it.
    case needsBody(BodySink, PendingRequest)
}

/// Where the octets of a request's body go.
public enum BodySink: Sendable, Hashable {
    /// Behind what the upload has, which is `offset` octets; the SHA-256 runs on over all of them.
    ///
    /// Octets need not be kept, only hashed, where `keeps` is false.
    case upload(UploadID, offset: Int64, keeps: Bool)
    /// Into memory, `limit` octets at most; the SHA-256 is wanted with it.
    case memory(limit: Int)
}

/// A request whose body is awaited; handed back as it is.
public struct PendingRequest: Sendable, Hashable {
    let request: ReplayRequest
    let upload: UploadID?
    let number: Int
}

/// What became of a request's body.
public enum ReceivedBody: Sendable, Hashable {
    /// All of it went into the upload: octets of this body, and the SHA-256 of everything the upload now has, as 64
    /// hexadecimal digits.
    case upload(length: Int64, sha256: String)
    /// All of it is in memory, with its SHA-256.
    case memory([UInt8], sha256: String)
    /// It was longer than the sink's limit.
    case tooLong
    /// It broke off behind so many octets, which the upload has.
    case broken(length: Int64)
}
