import Diagnosis
import Registry
import TapeModel

/// Decoded exchanges made by hand, for what the engine does with them; no decoder takes part.
struct HandMade {
    /// The rule that is heard where no other one is.
    static let lastResort: any Rule.Type = RuleCatalogue.rules.map(\.rule).first { $0.isLastResort } ?? Teapot.self

    private(set) var events: [TraceDecoder.Event] = []
    private var seq: Int64 = 0

    /// Adds an exchange and gives its number.
    @discardableResult
    mutating func exchange(
        _ method: String = "GET", _ endpoint: Endpoint = .manifestGet, host: String = "registry.example",
        repository: String? = "app", tag: String? = "v1", status: Int? = 200, role: HostProfile.Role = .registry,
        change: (inout DecodedExchange) -> Void = { _ in }
    ) -> Int64 {
        seq += 1
        let reference = tag.map(ManifestReference.tag)
        let path = "/v2/\(repository ?? "")/\(endpoint.rawValue)/\(tag ?? "")"
        var exchange = Exchange(
            seq: seq, connection: 1, source: .proxy, started: Instant(microseconds: seq * 100_000),
            request: .init(
                head: RequestHead(method: method, url: "https://\(host)\(path)", version: "HTTP/1.1", fields: [])))
        if let status {
            exchange.response = .init(head: ResponseHead(status: status, reason: "", version: "HTTP/1.1", fields: []))
        } else {
            exchange.error = ExchangeError(
                party: .network, code: "connection-reset", detail: "The server reset the connection.")
        }
        var decoded = DecodedExchange(
            exchange, url: TargetURL(scheme: "https", host: host, port: 443, path: path),
            operation: Operation(endpoint: endpoint, repository: repository, reference: reference),
            host: HostProfile(host, role: role))
        decoded.answerer = status == nil ? nil : .registry
        change(&decoded)
        events.append(.exchange(decoded))
        return seq
    }

    @discardableResult
    mutating func failedConnection(_ authority: String, code: String = "connection-refused") -> Int64 {
        seq += 1
        let connection = Connection(
            id: Int(seq), source: .proxy, mode: .intercept, started: Instant(microseconds: seq * 100_000),
            client: "127.0.0.1:50000", authority: authority,
            failure: ExchangeError(
                party: .network, code: code, detail: "Nothing listens at \(authority): connection refused."))
        events.append(
            .connection(DecodedConnection(connection, seq: seq, host: HostProfile(authority, role: .registry))))
        return seq
    }

    func findings(_ rules: any Rule.Type...) -> [Finding] {
        var engine = DiagnosisEngine(rules: rules)
        for event in events { engine.handle(event) }
        return engine.finish(TraceSummary())
    }
}

/// Fires on 418, and cites the exchange alone.
enum Teapot: Rule {
    static let name = "teapot"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms: [String] = []

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.status == 418 else { return nil }
        return finding(
            "The host is a teapot.", advice: "Pour tea.", evidence: [Evidence(exchange.seq, "response.status")],
            subject: exchange.url.authority)
    }
}

/// Fires on every failure, for want of something better.
enum AnyFailure: Rule {
    static let name = "any-failure"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms: [String] = []
    static let isGeneric = true

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        finding(
            "It failed.", advice: "Look.", evidence: [Evidence(exchange.seq, "response.status")],
            subject: exchange.status.map(String.init) ?? "none")
    }
}

/// Fires on each exchange, each time about something else.
enum Chatterbox: Rule {
    static let name = "chatterbox"
    static let severity = Severity.note
    static let party = Party.client
    static let symptoms: [String] = []
    static let interest = Interest.everything

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        finding("Hm.", advice: "Nothing.", evidence: [Evidence(exchange.seq, "request.method")])
    }
}
