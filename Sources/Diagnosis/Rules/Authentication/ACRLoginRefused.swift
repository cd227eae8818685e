import Registry
import TapeModel

/// Azure Container Registry does not accept a login.
///
/// ## What it means
/// Basic credentials were sent to `/v2/` or to the token endpoint and got 401: the password of the admin user, the
/// secret of a service principal or of a token is wrong, was regenerated or has run out. The message links
/// `aka.ms/acr/authorization`.
///
/// ## How to fix it
/// Prefer a login of the directory: `az acr login -n REGISTRY`. For the admin user compare with `az acr credential
/// show -n REGISTRY`; for a service principal make a new secret (`az ad sp credential reset --id APP-ID`) and log in
/// with it.
enum ACRLoginRefused: Rule {
    static let name = "acr-login-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.host.product == .acr, exchange.operation.endpoint != .tokenExchange,
            exchange.credentials?.isBasic == true || exchange.showsLoginInForm, !exchange.says("expired"),
            !NormalCourse.contains(exchange, in: window), !isAccepted(exchange, in: window)
        else { return nil }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords): it does not accept the login that \(exchange.clientWords) sent.",
            detail: exchange.itSays,
            advice: """
                With an account of the directory: `az acr login -n \(exchange.host.firstLabel)`
                Admin user: compare with what this prints: `az acr credential show -n \(exchange.host.firstLabel)`
                Service principal or token: its secret may have run out; make a new one and log in with it.
                """,
            evidence: [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }

    /// The same login was good for another request: then it is a matter of rights.
    private static func isAccepted(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        guard let identity = exchange.credentials?.identity else { return false }
        return [window.nextSuccessAtHost(after: exchange), window.lastSuccessAtHost(before: exchange)]
            .contains { $0?.credentials?.identity == identity }
    }
}
