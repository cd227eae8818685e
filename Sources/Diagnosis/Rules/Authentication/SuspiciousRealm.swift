import Registry
import TapeModel

/// A registry asks its clients to show their password to an odd place.
///
/// ## What it means
/// The realm of the challenge is plain HTTP although the registry is not, or an address of a private network. It is
/// a mistake in the registry's external URL, or somebody in between who wants passwords. Careful clients refuse.
///
/// ## How to fix it
/// Correct the realm in the registry's configuration; do not log in before.
enum SuspiciousRealm: Rule {
    static let name = "suspicious-realm"
    static let severity = Severity.warning
    static let party = Party.registry
    static let interest = Interest.challenges
    static let symptoms = ["A38"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, let realm = exchange.challenges.first(where: \.isBearer)?.realm?.lowercased(),
            let mark = realm.firstRange(of: "://")
        else { return nil }
        let rest = realm[mark.upperBound...].prefix { $0 != "/" && $0 != "?" }
        let host =
            rest.hasPrefix("[") ? String(rest.dropFirst().prefix { $0 != "]" }) : String(rest.prefix { $0 != ":" })
        let isPlain = realm.hasPrefix("http://") && exchange.url.scheme == "https"
        let isPrivate = AddressWords.isPrivate(host) && !AddressWords.isPrivate(exchange.url.host)
        guard isPlain || isPrivate else { return nil }
        return finding(
            "\(exchange.host.authority) sends its clients to \(realm.quotable(120)) for a token, \(isPlain ? "which is not protected by TLS" : "a private address").",
            advice:
                "Send no password there.\nCorrect the realm in the registry's configuration: its external URL is wrong.",
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
