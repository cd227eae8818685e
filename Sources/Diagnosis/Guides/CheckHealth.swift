/// What Azure's own check of a registry says, and which rule here says the same of a trace.
///
/// ## What it means
/// `az acr check-health` tries the way from this machine to a registry and reports codes. Each has its counterpart in a
/// trace:
///
/// - `CONNECTIVITY_DNS_ERROR`: `name-not-found`
/// - `CONNECTIVITY_CHALLENGE_ERROR`: the ping of `/v2/` had no challenge; see `html-instead-of-json`, `captive-portal`
/// - `CONNECTIVITY_FORBIDDEN_ERROR`: `firewall-denied`
/// - `CONNECTIVITY_REFRESH_TOKEN_ERROR`: `acr-exchange-refused`, `login-throttled`
/// - `CONNECTIVITY_ACCESS_TOKEN_ERROR`: `wrong-password`, `token-server-failed`
/// - `CONNECTIVITY_AAD_LOGIN_ERROR`: the registry does not take logins of the directory from this identity
/// - `DOCKER_*`, `HELM_*`: the program is missing, too old or not running; no trace shows that
///
/// ## How to do it
/// 1. Run it on the machine that fails, not on another one:
///
///        az acr check-health -n REGISTRY --yes
///
/// 2. Record the same attempt: `regtape run -- az acr login -n REGISTRY`, and compare.
enum CheckHealth: Guide {
    static let name = "check-health"
    static let title = "Read the codes of az acr check-health"
    static let symptoms = ["A14"]
}
