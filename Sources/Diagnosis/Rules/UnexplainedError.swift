import Registry
import TapeModel

/// Something failed, and no rule knows why.
///
/// ## What it means
/// A request got an answer with an error status, or none at all, and none of the faults that regtape knows fits. The
/// finding says who answered and what, and where the request stands: a token request that failed is another matter than
/// the blob storage behind a redirect, and a page of a gateway says that the registry may never have seen the request.
///
/// Errors that belong to the normal course are not reported: the first 401 that begins a login, the 404 of a client
/// that asks whether a blob is there before it pushes it, the 404 of a registry without referrers or signatures, an
/// attempt that was made once more and answered.
///
/// ## How to fix it
/// 1. Read the exchange in full: `regtape show TAPE --seq N`.
/// 2. Turn to who answered. A message of the registry itself is explained by its log: look for the time of the exchange
///    and for the id in `X-Request-Id`, `X-Ms-Correlation-Request-Id` or the like. A page in HTML, or an answer without
///    `Docker-Distribution-Api-Version`, comes from something in between: ask whoever runs the gateway or the proxy.
/// 3. Where nobody answered, look at the network between client and host: name, route, firewall, proxy.
///
/// ## See also
/// The distribution specification, error codes; `regtape rules` for the faults that are known.
enum UnexplainedError: Rule {
    static let name = "unexplained-error"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms: [String] = []
    static let isGeneric = true
    static let isLastResort = true

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, !NormalCourse.contains(exchange, in: window) else { return nil }
        let chain = chain(of: exchange)
        return finding(
            title(exchange),
            detail: [body(exchange), chain].compactMap(\.self).joined(separator: " "),
            advice: advice(exchange),
            evidence: [Evidence(exchange.seq, exchange.status == nil ? "error" : "response.status")],
            subject: [
                exchange.url.authority, exchange.method, exchange.operation.endpoint.rawValue, exchange.outcomeWords,
                exchange.operation.repository ?? "",
            ].joined(separator: " "),
            party: exchange.exchange.error?.party ?? exchange.answerer?.party ?? .network)
    }

    static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
        guard let failure = connection.connection.failure, connection.exchanges == 0 else { return nil }
        let authority = connection.connection.authority
        return finding(
            "The connection to \(authority) failed: \(failure.detail)",
            advice: "Look at the network between the client and \(authority): name, route, firewall, proxy.",
            evidence: [Evidence(connection.seq, "connection.failure")], subject: authority + " " + failure.code,
            party: failure.party)
    }

    private static func title(_ exchange: DecodedExchange) -> String {
        guard exchange.status != nil else {
            return "\(exchange.requestWords) at \(exchange.url.authority) got no answer: "
                + (exchange.exchange.error?.detail ?? "the recording ends before it")
        }
        if let error = exchange.exchange.error {
            return "The answer of \(exchange.answererWords) to \(exchange.requestWords) broke off: \(error.detail)"
        }
        return
            "\(exchange.answererWords.capitalizedFirst) answered \(exchange.outcomeWords) to \(exchange.requestWords)"
    }

    /// What the answer says, in its own words.
    private static func body(_ exchange: DecodedExchange) -> String? {
        guard let words = exchange.messageWords else {
            return exchange.status == nil ? nil : "The answer says nothing more."
        }
        return "The answer says: \(words)."
    }

    /// How the request came about: challenge, token, redirect.
    private static func chain(of exchange: DecodedExchange) -> String? {
        var steps: [String] = []
        if let challenge = exchange.challenge {
            steps.append("it answers the challenge of exchange \(challenge.seq)")
        }
        if let grant = exchange.grant {
            steps.append("it carries the token of exchange \(grant.seq) from \(grant.host)")
        } else if let credentials = exchange.credentials {
            steps.append("it carries \(credentials.scheme) credentials")
        }
        if let source = exchange.redirectSource {
            steps.append("it follows the redirect of exchange \(source.seq) from \(source.url.authority)")
        }
        if let start = exchange.upload?.startedBy, start != exchange.seq {
            steps.append("it belongs to the upload that exchange \(start) began")
        }
        return steps.isEmpty ? nil : "Of the request: " + steps.joined(separator: "; ") + "."
    }

    private static func advice(_ exchange: DecodedExchange) -> String {
        let show = "Read it in full: `regtape show TAPE --seq \(exchange.seq)`"
        switch exchange.answerer {
        case nil: return show + "\nLook at the network between the client and \(exchange.url.authority)."
        case .middlebox:
            return show + "\nAsk whoever runs the gateway or proxy; the registry may never have seen the request."
        case .tokenServer: return show + "\nLook at the log of the token server \(exchange.url.authority)."
        case .storage: return show + "\nLook at the storage behind the registry, not at permissions in the registry."
        case .registry, .recorder, .unknown:
            return show + "\nLook at the log of \(exchange.url.authority) for this time."
        }
    }
}
