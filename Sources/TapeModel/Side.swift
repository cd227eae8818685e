/// Which half of a connection bytes came from.
///
/// Not *inbound* and *outbound*: RFC 9110, reverse proxies and NIO each mean something else by those.
public enum Side: String, Sendable, Hashable, CaseIterable {
    case client
    case server

    public var opposite: Side {
        switch self {
        case .client: .server
        case .server: .client
        }
    }
}
