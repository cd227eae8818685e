import Registry
import TapeModel

/// A trace written down in a test, one exchange after another, 100 ms apart.
struct Trace {
    private(set) var decoder = TraceDecoder()
    private(set) var seq: Int64 = 0
    var now = Instant(microseconds: 1_767_225_600_000_000)
    var connection = 1
    var userAgent = "skopeo/1.9.3"

    /// Decodes one exchange.
    ///
    /// It takes `took` milliseconds, and its answer flows for half of them. `sends` and `receives` are octets of bodies
    /// that are not shown.
    @discardableResult
    mutating func exchange(
        _ method: String, _ url: String, _ fields: KeyValuePairs<String, String> = [:], content: String = "",
        sends: Int64? = nil, status: Int?, _ answerFields: KeyValuePairs<String, String> = [:], answer: String = "",
        receives: Int64? = nil, took: Int64 = 50, stream: Int? = nil, error: ExchangeError? = nil
    ) -> DecodedExchange {
        var head = RequestHead(
            method: method, url: url, version: "HTTP/1.1", fields: fields.map { FieldLine($0.key, $0.value) })
        if head.fields.first("user-agent") == nil { head.fields.append(FieldLine("User-Agent", userAgent)) }
        var timing = Timing()
        timing.wait = took * 500
        timing.receive = took * 500
        let response = status.map { status in
            Exchange.Response(
                head: ResponseHead(
                    status: status, reason: "", version: "HTTP/1.1",
                    fields: answerFields.map { FieldLine($0.key, $0.value) }),
                body: Self.body(answer, receives))
        }
        let exchange = Exchange(
            connection: connection, stream: stream, source: .proxy, started: now, timing: timing,
            request: .init(head: head, body: Self.body(content, sends)), response: response, error: error)
        now = Instant(microseconds: now.microseconds + 100_000)
        seq += 1
        for case .exchange(let decoded) in decoder.handle(.exchange(exchange), seq: seq, contents: .init()) {
            return decoded
        }
        fatalError("an exchange is always told")
    }

    mutating func handle(_ record: TapeRecord) -> [TraceDecoder.Event] {
        seq += 1
        return decoder.handle(record, seq: seq, contents: .init())
    }

    mutating func finish() -> [TraceDecoder.Event] { decoder.finish() }

    var summary: TraceSummary { decoder.summary }

    /// Lets time pass.
    mutating func wait(milliseconds: Int64) {
        now = Instant(microseconds: now.microseconds + milliseconds * 1_000)
    }

    private static func body(_ text: String, _ length: Int64?) -> Body {
        guard !text.isEmpty else { return Body(length: length ?? 0, stored: length == nil ? nil : Body.Storage.none) }
        return Body(
            length: Int64(text.utf8.count), sha256: String(repeating: "ab", count: 32), stored: .inline, text: text)
    }
}

extension Digest {
    /// A digest of one repeated digit, for tests.
    static func of(_ digit: Character) -> String { "sha256:" + String(repeating: digit, count: 64) }
}
