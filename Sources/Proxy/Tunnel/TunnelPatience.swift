public import NIOCore

/// How long each step of a tunnel may take before the party that is due is taken for broken or hostile
/// (RELIABILITY.md D1: every silent connection is gone after 30 s).
///
/// A value, so that tests can be impatient.
public struct TunnelPatience: Sendable {
    /// Until a client that has said nothing is thought to wait for the origin's first word.
    ///
    /// A protocol in which the server speaks first is rare on port 443; a client that speaks TLS does so at once.
    public var silence = TimeAmount.seconds(2)
    /// From the first octet of a ClientHello to its last.
    public var hello = TimeAmount.seconds(10)
    /// For the connect, the answer of an upstream proxy and the handshake of an origin together.
    ///
    /// Go clients give a TLS handshake ten seconds, and they must still be there to hear why it failed.
    public var origin = TimeAmount.seconds(9)
    /// For the client's part of its handshake with us.
    public var clientHandshake = TimeAmount.seconds(15)
    /// For the requests that a client sends to hear why its origin could not be reached.
    public var refusal = TimeAmount.seconds(30)
    /// For the last octets towards one side when the other has broken off.
    public var farewell = TimeAmount.seconds(30)

    public init() {}
}
