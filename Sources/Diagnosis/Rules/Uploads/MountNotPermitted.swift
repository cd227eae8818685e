import Registry
import TapeModel

/// A mount was refused because the token says nothing of its source.
///
/// ## What it means
/// Mounting a layer from another repository needs the right to pull there; the token covers the target only. Some
/// clients stop at the 401 instead of uploading.
///
/// ## How to fix it
/// Ask for both scopes in one token, `pull` for the source and `pull,push` for the target, or let the client upload
/// where it may not mount.
enum MountNotPermitted: Rule {
    static let name = "mount-not-permitted"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F17"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadMount, exchange.status == 401 || exchange.status == 403,
            exchange.credentials?.isBearer == true, let from = exchange.operation.mountFrom
        else { return nil }
        let asked = exchange.grant?.request.scopes.contains { $0.name == from }
        let granted = exchange.credentials?.claims?.access?.contains { $0.name == from && $0.actions.contains("pull") }
        guard granted != true, !exchange.isRenewed(in: window) else { return nil }
        // With both asked for, and one granted, the server took the last scope alone; that has a rule of its own.
        guard !(asked == true && (exchange.grant?.request.scopeParameters ?? 0) > 1) else { return nil }
        // Most clients upload the layer where they may not mount it.
        let isUploaded = window.firstLater(than: exchange, at: [.uploadPut]) {
            $0.hasSucceeded && $0.operation.repository == exchange.operation.repository
        }
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.status")]
        if let grant = exchange.grant { evidence.insert(Evidence(grant.seq, "request.url"), at: 0) }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because the token covers \(exchange.repositoryWords), but not "
                + "\(from.quotable(120)), from which a layer was to be mounted.",
            advice:
                "Ask for both: `scope=repository:\(from.quotable(120)):pull&scope=repository:\(exchange.repositoryWords):pull,push`",
            evidence: evidence, subject: exchange.host.authority + "/" + from,
            severity: isUploaded == nil ? .error : .warning)
    }
}
