import Listener

/// What a connection came in by, which decides how the target of a request is read.
struct Door: Sendable {
    enum Kind: Sendable, Equatable {
        /// Stands in for the tape's registry; its other hosts are below `/_regtape/host/`.
        case origin
        /// A proxy: absolute targets, and CONNECT.
        case proxy
        /// Behind a CONNECT to this authority.
        case tunnel(Authority)
    }

    var kind: Kind
    /// Whether the connection is encrypted, or will be.
    var isTLS: Bool

    var scheme: String { isTLS ? "https" : "http" }
}
