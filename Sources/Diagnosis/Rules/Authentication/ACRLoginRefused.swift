import Registry
import TapeModel

/// Azure Container Registry does not accept a login.
///
/// ## What it means
/// Basic credentials were sent to `/v2/` or to the token endpoint and got 401: the password of the admin user, the secret of a
/// service principal or of a token is wrong, was regenerated or has run out. The message links `aka.ms/acr/authorization`.
///
/// ## How to fix it
/// Compare with the access keys; renew the secret; log in again.
enum ACRLoginRefused: Rule {
    static let name = "acr-login-refused"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["A15"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 401, exchange.host.product == .acr, exchange.credentials?.isBasic == true,
            !exchange.operation.endpoint.isToken
        else { return nil }
        return finding(
            "\(exchange.host.authority) does not accept the user name and password that were sent (exchange \(exchange.seq)).",
            advice: """
                With an account of the directory: az acr login -n \(exchange.host.firstLabel)
                Admin user: compare with az acr credential show -n \(exchange.host.firstLabel)
                Service principal or token: its secret may have run out; make a new one.
                """,
            evidence: [Evidence(exchange.seq, "request.authorization"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
