import NIOCore

/// How long the end of a TLS connection may take.
enum TLSFarewell {
    /// For the peer's close_notify after ours (RFC 8446 §6.1).
    ///
    /// Many clients keep an idle connection and never read its end; waiting longer for them would hold up the end of
    /// the recording, and nothing can be lost any more.
    static let patience = TimeAmount.milliseconds(500)
}
