import Registry
import TapeModel

/// Nexus refuses tokens because its realm for them is switched off.
///
/// ## What it means
/// Every answer is a Basic challenge, also to requests with a Bearer token: the Docker Bearer Token Realm is not
/// active.
///
/// ## How to fix it
/// As administrator open Security, Realms, and move Docker Bearer Token Realm to Active.
enum NexusBearerInactive: Rule {
    static let name = "nexus-bearer-inactive"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["A34"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.host.product == .nexus, exchange.credentials?.isBearer == true,
            !exchange.challenges.isEmpty, exchange.challenges.allSatisfy(\.isBasic)
        else { return nil }
        return finding(
            "Nexus at \(exchange.host.authority) answered a Bearer token with a Basic challenge: its Docker Bearer Token Realm is off.",
            advice: "As administrator open Security, Realms, move Docker Bearer Token Realm to Active, and save.",
            evidence: [Evidence(exchange.seq, "response.www-authenticate")], subject: exchange.host.authority)
    }
}
