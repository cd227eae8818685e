public import NIOCore

/// How long the proxy waits for a peer that says nothing (RELIABILITY.md D1).
///
/// Nothing here limits a transfer or a registry that takes its time: only peers that cannot be meaning well.
public struct MessagePatience: Sendable {
    /// For the rest of a head that has begun, and for the first one of a connection.
    public var head = TimeAmount.seconds(30)
    /// For a TLS handshake with an origin.
    ///
    /// Go clients give one ten seconds and must still be there to hear of it.
    public var handshake = TimeAmount.seconds(9)
    /// For the answer to a client that has closed its half: most such clients have left.
    ///
    /// A registry may take a minute to answer a manifest, and a client that merely closed its half still gets that
    /// answer (RELIABILITY.md S17).
    public var abandoned = TimeAmount.seconds(90)

    public init() {}
}
