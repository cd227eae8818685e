import NIOCore

/// How long the server waits for a client that does not go on (RELIABILITY.md D1, H5).
///
/// Looked at in beats, so that a connection costs one timer and a request none.
enum ServerPatience {
    static let beat = TimeAmount.seconds(10)
    /// Beats for the first octets, for the rest of a head, and for content that comes in drops.
    static let beatsForRequest = 3
    /// Octets of content within a beat that are no drops.
    static let leastOctets = 256
    /// Beats in which a client takes nothing of its answer.
    static let beatsForAnswer = 6
    /// Beats of a connection that carries nothing; clients of registries keep theirs for 90 seconds.
    static let beatsIdle = 30
    /// For the first octets of a connection, and for a ClientHello.
    static let opening = TimeAmount.seconds(30)
}
