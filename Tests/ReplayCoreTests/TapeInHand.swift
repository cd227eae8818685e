import Registry
import Replay
import TapeModel

/// A tape written down in a test, one exchange after another, a second apart.
struct TapeInHand {
    static let registry = "https://registry.example"
    static let storage = "https://store.example"
    static let bearer = FieldLine("Authorization", "Bearer ‹bearer:7f3a91c2›")

    private(set) var index: ReplayIndex
    private var seq: Int64 = 0
    /// 2026-01-01T00:00:00Z.
    var now = Instant(microseconds: 1_767_225_600_000_000)

    init(matching: ReplayIndex.Matching = .meaning) { index = ReplayIndex(matching: matching) }

    mutating func exchange(
        _ method: String, _ url: String, _ fields: [FieldLine] = [], content: String = "", status: Int?,
        _ answerFields: KeyValuePairs<String, String> = [:], answer: String = "", body: Body? = nil,
        started: Int64 = 0, error: ExchangeError? = nil
    ) {
        seq += 1
        var timing = Timing()
        (timing.wait, timing.receive) = (200_000, 100_000)
        let exchange = Exchange(
            connection: 1, source: .proxy, started: Instant(microseconds: now.microseconds &+ started), timing: timing,
            request: .init(
                head: RequestHead(
                    method: method, url: Self.absolute(url), version: "HTTP/1.1",
                    fields: [FieldLine("User-Agent", "test/1")] + fields), body: Self.body(content)),
            response: status.map { status in
                .init(
                    head: ResponseHead(
                        status: status, reason: "", version: "HTTP/1.1",
                        fields: answerFields.map { FieldLine($0.key, $0.value) }), body: body ?? Self.body(answer))
            }, error: error)
        now = Instant(microseconds: now.microseconds &+ 1_000_000)
        index.add(.exchange(exchange), seq: seq)
    }

    static func absolute(_ url: String) -> String { url.hasPrefix("/") ? registry + url : url }

    static func body(_ text: String) -> Body {
        text.isEmpty
            ? .empty
            : Body(
                length: Int64(text.utf8.count), sha256: SHA256.hex(Array(text.utf8)), stored: .inline, text: text,
                isRedacted: text.contains("‹"))
    }

    static func digest(_ text: String) -> String { "sha256:" + SHA256.hex(Array(text.utf8)) }
}

extension TestServer {
    /// A request to the registry of `TapeInHand`.
    mutating func get(_ path: String, _ fields: [FieldLine] = [TapeInHand.bearer]) -> Answer {
        ask("GET", TapeInHand.absolute(path), fields)
    }

    mutating func head(_ path: String, _ fields: [FieldLine] = [TapeInHand.bearer]) -> Answer {
        ask("HEAD", TapeInHand.absolute(path), fields)
    }
}
