/// Takes secrets out of what was recorded before it reaches a disk.
public protocol Redacting {
    /// Name for the tape record: "standard" or "none".
    var policyName: String { get }
    /// Learns the secrets of an original request head and gives the head to keep.
    mutating func redact(_ request: RequestHead) -> RequestHead
    /// Gives the response head to keep; `request` is the original one that it answers.
    mutating func redact(_ response: ResponseHead, to request: RequestHead) -> ResponseHead
    mutating func redact(trailers: [FieldLine]) -> [FieldLine]
    /// How the content of one message must be treated. Both heads are originals.
    func treatment(of side: Side, request: RequestHead, response: ResponseHead?) -> BodyTreatment
    /// The content to keep in place of a whole body that was held back; nothing where it may not be kept at all.
    ///
    /// `body` is after content decoding, so that nothing hides in a compressed one.
    mutating func redact(body: [UInt8], of side: Side, request: RequestHead, response: ResponseHead?) -> [UInt8]?
    /// Masks secrets in words of our own or in octets of a malformed message.
    func redact(text: String) -> String
    func redact(raw: [UInt8]) -> [UInt8]
}
public enum BodyTreatment: Sendable, Hashable {
    /// Never altered: blobs, manifests and other content whose digest must still match.
    case verbatim
    /// Held whole, at most `limit` octets, and redacted at its end; a longer one is counted and not kept. So it is
    /// with one that is longer than that when it is inflated.
    case held(limit: Int)
    /// Counted, not kept.
    case dropped
}
