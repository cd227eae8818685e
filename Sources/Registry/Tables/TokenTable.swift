import TapeModel

/// Tokens of the recent past by their identity, so that a request that carries one is told where it came from.
struct TokenTable: Sendable {
    /// Each layer of a push may ask for its own; older ones have expired.
    private var grants = BoundedTable<String, TokenGrant>(limit: 1_024)

    mutating func remember(_ grant: TokenGrant) {
        guard let token = grant.answer.token, !token.isEmpty else { return }
        grants[token] = grant
    }

    func grant(for credentials: Credentials?) -> TokenGrant? {
        guard let credentials, !credentials.identity.isEmpty else { return nil }
        return grants[credentials.identity]
    }
}

/// Realms that challenges named: requests to them are token requests, whatever their path.
struct RealmTable: Sendable {
    private struct Place: Sendable, Hashable {
        var scheme: String
        var host: String
        var port: Int
        var path: String
    }

    private var realms = BoundedTable<Place, Int64>(limit: 256)
    private static let longestPath = 1_024

    /// `seq` is the exchange whose challenges they are.
    mutating func learn(_ challenges: [Challenge], seq: Int64) {
        for challenge in challenges where challenge.isBearer {
            guard let realm = challenge.realm.flatMap({ TargetURL($0) }), realm.path.utf8.count <= Self.longestPath,
                // A realm of the ping's own URL would make a token request of every ping.
                realm.path != "/v2/", realm.path != "/v2"
            else { continue }
            let place = Self.place(realm)
            if realms[place] == nil { realms[place] = seq }
        }
    }

    /// The exchange that named `url` as its realm.
    func learntFrom(_ url: TargetURL) -> Int64? { realms[Self.place(url)] }

    private static func place(_ url: TargetURL) -> Place {
        Place(scheme: url.scheme, host: url.host, port: url.port, path: url.path)
    }
}
