import Listener
import Synchronization

/// The places that responses have named, shared by all connections: a client asks for a token on another one.
///
/// Only they can be reached through `/_regtape/host/`, so that nobody uses a fronted registry as a way to other hosts.
package final class ReversePlaces: Sendable {
    /// A registry with its token server and storage names a handful of places.
    private static let most = 1_000
    /// One path is the rule; a registry with a realm for each repository would be a new kind.
    private static let mostRealms = 64

    /// For each place the paths that a Bearer challenge has named as its realm.
    private let realms = Mutex<[Place: Set<String>]>([:])

    package init() {}

    func knows(_ place: Place) -> Bool {
        realms.withLock { $0[place] != nil }
    }

    func isRealm(_ path: String, of place: Place) -> Bool {
        realms.withLock { $0[place]?.contains(path) == true }
    }

    func remember(_ place: Place, realm path: String? = nil) {
        realms.withLock { realms in
            guard realms.count < Self.most || realms[place] != nil else { return }
            var paths = realms[place] ?? []
            if let path, paths.count < Self.mostRealms { paths.insert(path) }
            realms[place] = paths
        }
    }
}
