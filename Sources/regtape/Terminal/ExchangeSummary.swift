import Diagnosis
import Registry
import TapeModel

/// The object that `show --json` prints for an exchange; its members are part of the interface.
struct ExchangeSummary {
    let json: String

    init(_ decoded: DecodedExchange, findings: [Finding]) {
        let exchange = decoded.exchange
        var members = Self.wire(
            seq: exchange.seq, started: exchange.started, method: exchange.request.head.method,
            url: exchange.request.head.url, status: exchange.response?.head.status,
            version: exchange.response?.head.version ?? exchange.request.head.version,
            requestBytes: exchange.request.body.length, responseBytes: exchange.response?.body.length ?? 0,
            duration: exchange.timing.duration, error: exchange.error)
        members += Self.meaning(
            decoded.operation, host: decoded.host, client: decoded.client, workflow: decoded.workflow,
            findings: findings)
        json = String(decoding: JSONValue.object(members).serialized, as: UTF8.self)
    }

    /// A connection that failed before it carried an exchange.
    init(_ decoded: DecodedConnection, findings: [Finding]) {
        let connection = decoded.connection
        var members = Self.wire(
            seq: decoded.seq, started: connection.started, method: "CONNECT", url: connection.authority, status: nil,
            version: "HTTP/1.1", requestBytes: 0, responseBytes: 0, duration: 0, error: connection.failure)
        members += Self.meaning(
            Operation(endpoint: .connect), host: decoded.host, client: nil, workflow: nil, findings: findings)
        json = String(decoding: JSONValue.object(members).serialized, as: UTF8.self)
    }

    private static func wire(
        seq: Int64, started: Instant, method: String, url: String, status: Int?, version: String, requestBytes: Int64,
        responseBytes: Int64, duration: Int64, error: ExchangeError?
    ) -> [JSONValue.Member] {
        let failure: JSONValue =
            error.map { error in
                .object([
                    .init("party", .string(error.party.rawValue)), .init("code", .string(error.code)),
                    .init("detail", .string(error.detail)),
                ])
            } ?? .null
        return [
            .init("seq", .number(String(seq))),
            .init("started", .string(started.timestamp)),
            .init("method", .string(method)),
            .init("url", .string(url)),
            .init("status", status.map { .number(String($0)) } ?? .null),
            .init("version", .string(version)),
            .init("request_bytes", .number(String(requestBytes))),
            .init("response_bytes", .number(String(responseBytes))),
            .init("duration_us", .number(String(duration))),
            .init("error", failure),
        ]
    }

    private static func meaning(
        _ operation: Operation, host: HostProfile, client: ClientProduct?, workflow: Int?, findings: [Finding]
    ) -> [JSONValue.Member] {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        return [
            .init("op", .string(operation.endpoint.rawValue)),
            .init("repository", text(operation.repository)),
            .init("reference", text(operation.reference?.description)),
            .init("digest", text(operation.digest?.description)),
            .init("host", .string(host.authority)),
            .init("role", .string(host.role.rawValue)),
            .init("client", text(client?.name)),
            .init("workflow", workflow.map { .number(String($0)) } ?? .null),
            .init(
                "findings",
                .array(
                    findings.map { finding in
                        .object([
                            .init("rule", .string(finding.rule)), .init("severity", .string(finding.severity.rawValue)),
                        ])
                    })),
        ]
    }
}
