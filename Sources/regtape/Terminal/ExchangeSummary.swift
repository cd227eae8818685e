import TapeModel

/// The object that `show --json` prints for an exchange; its members are part of the interface.
struct ExchangeSummary {
    let json: String

    init(_ exchange: Exchange) {
        json = Self.object(
            seq: exchange.seq, started: exchange.started, method: exchange.request.head.method,
            url: exchange.request.head.url, status: exchange.response?.head.status,
            version: exchange.response?.head.version ?? exchange.request.head.version,
            requestBytes: exchange.request.body.length, responseBytes: exchange.response?.body.length ?? 0,
            duration: exchange.timing.duration, error: exchange.error)
    }

    /// A connection that failed before it carried an exchange.
    init(_ connection: Connection, seq: Int64) {
        json = Self.object(
            seq: seq, started: connection.started, method: "CONNECT", url: connection.authority, status: nil,
            version: "HTTP/1.1", requestBytes: 0, responseBytes: 0, duration: 0, error: connection.failure)
    }

    private static func object(
        seq: Int64, started: Instant, method: String, url: String, status: Int?, version: String, requestBytes: Int64,
        responseBytes: Int64, duration: Int64, error: ExchangeError?
    ) -> String {
        let failure: JSONValue =
            error.map { error in
                .object([
                    .init("party", .string(error.party.rawValue)), .init("code", .string(error.code)),
                    .init("detail", .string(error.detail)),
                ])
            } ?? .null
        let value = JSONValue.object([
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
        ])
        return String(decoding: value.serialized, as: UTF8.self)
    }
}
