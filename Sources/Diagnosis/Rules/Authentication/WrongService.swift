import Registry
import TapeModel

/// A token was made for another service.
///
/// ## What it means
/// `service` of the token request is not that of the challenge, or the token's audience is not the registry's
/// service. Docker Hub's service, for one, is `registry.docker.io` and not the name of its host. The registry
/// answers `invalid_token` to a fresh token.
///
/// ## How to fix it
/// Take `service` from the challenge as it stands.
enum WrongService: Rule {
    static let name = "wrong-service"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A07"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.credentials?.isBearer == true,
            let service = exchange.challenges.first(where: \.isBearer)?.service
        else { return nil }
        let asked = exchange.grant?.request.service
        let audience = exchange.credentials?.claims?.audience ?? []
        let isAskedWrong = asked.map { $0 != service } ?? false
        let isMadeWrong = !audience.isEmpty && !audience.contains(service)
        guard isAskedWrong || isMadeWrong else { return nil }
        let given = isAskedWrong ? asked ?? "" : audience.joined(separator: ", ")
        var evidence = [Evidence(exchange.seq, "response.www-authenticate")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "request.url"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered 401 because the token is for the service \(given.quotable(80)) and not for "
                + "\(service.quotable(80)).",
            advice: isAskedWrong
                ? "Ask the token server as the challenge says: `service=\(service.quotable(80))`"
                : "The token server must put \(service) into the audience: compare its configuration with auth.token.service of the registry.",
            evidence: evidence, subject: exchange.host.authority,
            party: isAskedWrong ? .client : .tokenServer)
    }
}
