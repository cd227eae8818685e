/// What is known of a message's content: after transfer decoding, before content decoding (RFC 9110 §6.4).
///
/// *Empty* and *not captured* are different things: an empty body has length 0 and no `stored`, one that was
/// seen and not kept has a length and `stored == .none`.
public struct Body: Sendable, Hashable {
    /// Where the octets are kept.
    public enum Storage: String, Sendable, Hashable {
        /// In `text` of the record itself.
        case inline
        /// In the body file named by `sha256`.
        case file
        /// Nowhere.
        case none
        /// What arrived before the message broke off, in `text` or in the body file.
        case partial
    }

    /// Octets that crossed the wire, also where redaction stored fewer or more.
    public var length: Int64
    /// SHA-256 of what is stored, as lower-case hex; absent for an empty body and where nothing is stored.
    public var sha256: String?
    public var stored: Storage?
    public var text: String?
    /// Whether secrets were replaced, so that `sha256` speaks of the stored octets and not of the sent ones.
    public var isRedacted: Bool
    /// Whether what is stored is the content *after* content decoding, although the head names a Content-Encoding.
    ///
    /// A compressed answer that might quote a secret can only be looked through, and only be redacted, when it is
    /// inflated; nobody could read or trust it compressed anew. Such a body is always redacted too, its `length` is
    /// what crossed the wire, and a reader must not inflate it again.
    public var isDecoded: Bool

    public init(
        length: Int64, sha256: String? = nil, stored: Storage? = nil, text: String? = nil, isRedacted: Bool = false,
        isDecoded: Bool = false
    ) {
        self.length = length
        self.sha256 = sha256
        self.stored = stored
        self.text = text
        self.isRedacted = isRedacted
        self.isDecoded = isDecoded
    }

    public static let empty = Body(length: 0)
}
