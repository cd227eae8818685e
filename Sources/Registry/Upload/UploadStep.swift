public import TapeModel

/// Where an upload stands, as an exchange of it shows (distribution-spec, pushing blobs).
public struct UploadStep: Sendable, Hashable {
    /// The first exchange of the session, where the trace has it.
    public var startedBy: Int64?
    /// `Location` that the session gave before this request, as sent.
    public var expectedLocation: String?
    /// Octets that the server had said to have before this request: end of its `Range` plus one, or `_state`'s offset.
    public var offsetBefore: Int64?
    /// What this answer says: end of `Range` plus one.
    public var offsetAfter: Int64?
    /// `Offset` in the request's `_state`.
    public var stateOffset: Int64?
    public var stateStarted: Instant?
    /// `Location` of the answer, resolved.
    public var location: TargetURL?
    /// Number of requests of this session so far, this one included.
    public var ordinal: Int
}
