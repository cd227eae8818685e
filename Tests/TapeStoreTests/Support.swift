import Glibc
import TapeModel
import TapeStore

/// A directory of a test's own, removed with it.
final class Scratch {
    let path: String

    init() {
        path = "/tmp/regtape-test-" + String(UInt64.random(in: 0 ... .max), radix: 16)
        mkdir(path, 0o700)
    }

    deinit { remove(path) }

    var tape: String { path + "/t.tape" }

    private func remove(_ path: String) {
        for name in entries(path) { remove(path + "/" + name) }
        if rmdir(path) != 0 { unlink(path) }
    }
}

func entries(_ path: String) -> [String] {
    ((try? LocalFiles().entries(of: path)) ?? nil ?? []).sorted()
}

func contents(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return (try? LocalFiles().read(descriptor, at: 0, count: 1 << 24)) ?? []
}

func put(_ bytes: [UInt8], _ path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : 0
}

func read(_ directory: String) throws -> (entries: [TapeReader.Entry], isTailCut: Bool) {
    let reader = try TapeReader(directory: directory)
    var entries: [TapeReader.Entry] = []
    while let entry = try reader.next() { entries.append(entry) }
    return (entries, reader.isTailCut)
}

func exchanges(_ directory: String) throws -> [Exchange] {
    try read(directory).entries.compactMap {
        guard case .exchange(let exchange)? = $0.record else { return nil }
        return exchange
    }
}

/// Replaces the word `SECRET` wherever it may, and says how a path's bodies are treated by its name.
struct PlainRedactor: Redacting, Sendable {
    var policyName: String { "standard" }

    mutating func redact(_ request: RequestHead) -> RequestHead {
        var head = request
        head.fields = request.fields.map { FieldLine($0.name, redact(text: $0.value)) }
        return head
    }

    mutating func redact(_ response: ResponseHead, to request: RequestHead) -> ResponseHead {
        var head = response
        head.fields = response.fields.map { FieldLine($0.name, redact(text: $0.value)) }
        return head
    }

    mutating func redact(trailers: [FieldLine]) -> [FieldLine] {
        trailers.map { FieldLine($0.name, redact(text: $0.value)) }
    }

    func treatment(of side: Side, request: RequestHead, response: ResponseHead?) -> BodyTreatment {
        if request.url.hasSuffix("/token") { return .held(limit: 1024) }
        if request.url.hasSuffix("/dropped") { return .dropped }
        return .verbatim
    }

    mutating func redact(body: [UInt8], of side: Side, request: RequestHead, response: ResponseHead?) -> [UInt8]? {
        Array(redact(text: String(decoding: body, as: UTF8.self)).utf8)
    }

    func redact(text: String) -> String {
        text.split(separator: "SECRET", omittingEmptySubsequences: false).joined(separator: "***")
    }

    func redact(raw: [UInt8]) -> [UInt8] { Array(redact(text: String(decoding: raw, as: UTF8.self)).utf8) }
}

func second(_ number: Int64) -> Instant { Instant(microseconds: 1_700_000_000_000_000 + number * 1_000_000) }

func writer(
    _ directory: String, _ durability: TapeWriterOptions.Durability = .normal, files: any TapeFiles = LocalFiles(),
    isConcurrent: Bool = true
) throws(TapeError) -> TapeWriter {
    try TapeWriter(
        directory: directory,
        options: TapeWriterOptions(durability: durability, tool: "regtape/test", isConcurrent: isConcurrent),
        redactor: PlainRedactor(), keyID: "k1", files: files, now: second(0))
}

extension TapeWriter {
    func open(_ id: ConnectionID, failure: ExchangeError? = nil) {
        var timing = Timing()
        timing.dns = 1
        timing.connect = 2
        timing.tls = 3
        connectionOpened(
            Connection(
                id: id, source: .proxy, mode: .intercept, started: second(1), client: "127.0.0.1:5", authority: "r:443",
                timing: timing, failure: failure))
    }

    func close(_ id: ConnectionID) {
        connectionClosed(
            ConnectionEnd(id: id, ended: second(9), closedBy: .client, clientBytes: 1, serverBytes: 2))
    }

    func say(_ id: ConnectionID, _ events: [ExchangeEvent], _ bytes: [UInt8] = [], at now: Instant = second(2)) {
        record(events, of: id, bytes: bytes.span, at: now)
    }

    /// One whole exchange whose response body comes in pieces of `piece` octets.
    func exchange(_ id: ConnectionID, _ number: Int, path: String = "/v2/", body: [UInt8] = [], piece: Int = 4096) {
        begin(id, number, path: path)
        var start = 0
        while start < body.count {
            let end = min(body.count, start + piece)
            say(
                id, [.bodyReceived(exchange: number, .server, 0..<(end - start))], Array(body[start..<end]),
                at: second(4))
            start = end
        }
        say(id, [.messageEnded(exchange: number, .server), .exchangeEnded(exchange: number, nil)], at: second(5))
    }

    func begin(_ id: ConnectionID, _ number: Int, path: String = "/v2/", answer fields: [FieldLine] = []) {
        let head = RequestHead(
            method: "GET", url: "https://r" + path, version: "HTTP/1.1",
            fields: [FieldLine("Authorization", "Bearer SECRET")])
        say(
            id,
            [
                .requestReceived(exchange: number, stream: nil, head, started: second(1)),
                .messageEnded(exchange: number, .client),
            ])
        let answer = ResponseHead(status: 200, reason: "OK", version: "HTTP/1.1", fields: fields)
        say(id, [.responseReceived(exchange: number, answer, started: second(3))], at: second(3))
    }
}
