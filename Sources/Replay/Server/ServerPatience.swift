package import NIOCore

/// How long the server waits for a client that does not go on (RELIABILITY.md D1, H5).
///
/// Looked at in beats, so that a connection costs one timer and a request none. A wait may begin right after a beat, so
/// each limit is one beat less than the longest wait that it stands for.
package struct ServerPatience: Sendable {
    package var beat = TimeAmount.seconds(5)
    /// Beats for the rest of a head, and for content that comes in drops: 30 seconds.
    package var beatsForRequest = 5
    /// Beats in which a client takes nothing of its answer: 55 seconds, so that its end is seen within a minute.
    package var beatsForAnswer = 10
    /// Beats of a connection that carries nothing: 5 minutes; clients of registries keep theirs for 90 seconds.
    package var beatsIdle = 59
    /// For the first octets of a connection, and for a ClientHello.
    package var opening = TimeAmount.seconds(30)
    /// How long content that nobody wants is waited for, for the sake of the connection (RELIABILITY.md S11).
    package var draining = TimeAmount.seconds(1)

    /// Octets of content within a beat that are no drops.
    static let leastOctets = 256

    package init() {}

    /// A wait of so many beats that began just behind one.
    package func longest(_ beats: Int) -> TimeAmount { beat * (beats + 1) }
}
