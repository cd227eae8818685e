public import Listener

/// The registry that `--reverse` fronts.
public struct ReverseTarget: Sendable, Hashable {
    public let scheme: String
    public let authority: Authority

    /// Parses `https://host[:port]`; nothing where the URL is no origin.
    public init?(url: String) {
        guard let origin = Origin(url: url), !origin.hadUser, origin.rest.isEmpty || origin.rest == "/" else {
            return nil
        }
        scheme = origin.place.scheme
        authority = origin.place.authority
    }

    var place: Place { Place(scheme: scheme, authority: authority) }
}
