public import TapeModel

/// What an observer of one TLS connection says, in the order in which it became certain.
public enum TLSEvent: Sendable, Hashable {
    case clientHello(ClientHello, at: Instant)
    case serverHello(ServerHello, at: Instant)
    /// The server's chain in DER, leaf first: in the clear up to TLS 1.2, decrypted in TLS 1.3.
    case certificates([[UInt8]])
    /// The protocol that was chosen, where only the encrypted extensions say it (RFC 8446 §4.3.1).
    case applicationProtocol(String)
    /// Both Finished messages were seen, or, without keys, the first record of application data.
    case handshakeFinished(at: Instant)
    /// Application data of one record.
    case plaintext(Side, [UInt8], at: Instant)
    case alert(Side, TLSAlert, at: Instant)
    /// From here on that side's content cannot be read; `reason` is one sentence that says how it could be.
    case undecrypted(Side, reason: String)
    /// Something odd on the wire, with a stable word in kebab case.
    case oddity(Side, code: String, detail: String, at: Instant)
}

/// An alert (RFC 8446 §6).
public struct TLSAlert: Sendable, Hashable {
    public var isFatal: Bool
    /// The IANA name, such as `unknown_ca`.
    public var name: String

    public init(isFatal: Bool, name: String) {
        self.isFatal = isFatal
        self.name = name
    }
}
