package import Listener
import TapeModel

/// Puts one address in the place of every host of a tape.
///
/// The tape's registry is the root; whatever else it shows is below `/_regtape/host/<scheme>/<authority>/`. No path
/// can lead anywhere but into the tape, so none has to be forbidden.
package struct OriginDoor: Sendable {
    private static let prefix = "/_regtape/host/"

    /// Of the tape's registry, as `https://registry.example`; nothing where the tape has none.
    private let root: Place?

    package init(root: Place?) {
        self.root = root
    }

    /// The URL on the tape that a request is for; `base` is our own origin as the client wrote it.
    ///
    /// Nothing for a path below our prefix that names no host.
    package func url(of path: String, base: String) -> String? {
        guard path.hasPrefix(Self.prefix) else { return (root?.description ?? base) + path }
        let parts = path.dropFirst(Self.prefix.count).split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let origin = Origin(url: "\(parts[0])://\(parts[1])"), !origin.hadUser,
            origin.rest.isEmpty
        else { return nil }
        return origin.place.description + (parts.count == 3 ? "/" + parts[2] : "/")
    }

    /// A URL of the tape as the client shall follow it, so that it comes back to us.
    package func local(_ url: String, base: String) -> String {
        guard let origin = Origin(url: url) else { return url }
        let rest = origin.rest.isEmpty ? "/" : origin.rest
        if origin.place == root || origin.place.description == base { return base + rest }
        return base + Self.prefix + origin.place.scheme + "/" + origin.place.authority.description + rest
    }
}
