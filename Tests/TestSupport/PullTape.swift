import TapeModel

/// Lines of a tape on which one client pulls image after image: for tests and measurements that need many exchanges.
///
/// Each pull has ten: ping, token, two manifests, three blobs with their redirects. Everything is counted up, nothing
/// is random, so that a tape of a length is always the same.
public struct PullTape {
    private var seq: Int64 = 0
    private var time: Int64 = 1_795_428_000_000_000
    private var pull = 0

    public init() {}

    /// The lines of a whole tape, each with its line feed, handed out in pieces.
    public static func write(exchanges: Int, to sink: ([UInt8]) throws -> Void) rethrows {
        var tape = PullTape()
        try sink(
            tape.line(
                .tape(
                    TapeHeader(
                        id: "0123", created: Instant(microseconds: tape.time), tool: "regtape/test",
                        redactionPolicy: "standard", redactionKey: "k"))))
        for (id, authority) in hosts.enumerated() {
            try sink(tape.line(.connection(tape.connection(id + 1, authority))))
        }
        var written = 0
        while written < exchanges {
            let pull = tape.nextPull().prefix(exchanges - written)
            written += pull.count
            try sink(pull.flatMap { $0 })
        }
        try sink(tape.line(.end(TapeEnd(ended: Instant(microseconds: tape.time), reason: "stopped"))))
    }

    private static let hosts = ["registry.example:443", "auth.example:443", "store.blob.example:443"]

    private mutating func line(_ record: TapeRecord) -> [UInt8] {
        seq += 1
        return TapeLine(seq: seq, record: record).encoded + [0x0A]
    }

    private func connection(_ id: Int, _ authority: String) -> Connection {
        let leg = TLSLeg(
            sni: String(authority.dropLast(4)), alpnOffered: ["h2", "http/1.1"], versionsOffered: ["TLSv1.3"],
            ciphersOffered: ["TLS_AES_128_GCM_SHA256"], alpn: "h2", version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256"
        )
        return Connection(
            id: id, source: .proxy, mode: .intercept, started: Instant(microseconds: time), client: "127.0.0.1:40000",
            authority: authority, server: "192.0.2.1:443", clientTLS: leg, serverTLS: leg,
            certificates: [
                CertificateSummary(
                    subject: "CN=\(authority)", issuer: "CN=Example CA", names: [String(authority.dropLast(4))],
                    notBefore: Instant(microseconds: time - 86_400_000_000),
                    notAfter: Instant(microseconds: time + 86_400_000_000 * 365))
            ])
    }

    private mutating func nextPull() -> [[UInt8]] {
        pull += 1
        let repository = "team\(pull % 50)/app\(pull % 700)"
        let base = "https://registry.example/v2/\(repository)"
        let token = "Bearer ‹bearer:\(hex(pull % 1_000, 8))›"
        let agent = FieldLine(
            "user-agent", "docker/28.3.2 go/go1.24.5 git-commit/e77ff99 kernel/6.1.0 os/linux arch/amd64")
        var lines = [
            exchange(
                1, "GET", "https://registry.example/v2/", [agent], 401,
                [
                    FieldLine(
                        "www-authenticate",
                        #"Bearer realm="https://auth.example/token",service="registry.example""#),
                    FieldLine("docker-distribution-api-version", "registry/2.0"),
                ], text(#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}"#)),
            exchange(
                2, "GET",
                "https://auth.example/token?scope=repository%3A\(repository)%3Apull&service=registry.example", [agent],
                200,
                [FieldLine("content-type", "application/json")],
                text(#"{"token":"‹bearer:\#(hex(pull % 1_000, 8))›","expires_in":300}"#)),
            exchange(
                1, "HEAD", "\(base)/manifests/1.\(pull)", [agent, FieldLine("authorization", token)], 200,
                [
                    FieldLine("content-type", "application/vnd.oci.image.manifest.v1+json"),
                    FieldLine("docker-content-digest", "sha256:\(hex(pull, 64))"),
                    FieldLine("content-length", "861"),
                ], .empty),
            exchange(
                1, "GET", "\(base)/manifests/sha256:\(hex(pull, 64))", [agent, FieldLine("authorization", token)], 200,
                [
                    FieldLine("content-type", "application/vnd.oci.image.manifest.v1+json"),
                    FieldLine("docker-content-digest", "sha256:\(hex(pull, 64))"),
                ], text(manifest, digest: hex(pull, 64))),
        ]
        for layer in 0..<3 { lines += blob(base, pull * 4 + layer, agent, token) }
        return lines
    }

    private mutating func blob(_ base: String, _ number: Int, _ agent: FieldLine, _ token: String) -> [[UInt8]] {
        let digest = "sha256:\(hex(number, 64))"
        let target =
            "https://store.blob.example/data/\(hex(number, 16))?se=2027-01-01T00%3A00%3A00Z&sp=r&spr=https&sr=b&sv=2025-01-05"
            + "&sig=‹sas:\(hex(number, 8))›"
        return [
            exchange(
                1, "GET", "\(base)/blobs/\(digest)", [agent, FieldLine("authorization", token)], 307,
                [FieldLine("location", target), FieldLine("content-length", "0")], .empty),
            exchange(
                3, "GET", target, [agent, FieldLine("referer", "\(base)/blobs/\(digest)")], 200,
                [
                    FieldLine("content-type", "application/octet-stream"), FieldLine("accept-ranges", "bytes"),
                    FieldLine("x-ms-request-id", hex(number, 32)), FieldLine("x-ms-version", "2025-01-05"),
                ], Body(length: 3_145_728, sha256: hex(number, 64), stored: Body.Storage.none)),
        ]
    }

    private var manifest: String {
        func descriptor(_ kind: String, _ number: Int, _ size: Int) -> String {
            #"{"mediaType":"application/vnd.oci.image.\#(kind)","digest":"sha256:\#(hex(number, 64))","size":\#(size)}"#
        }
        let layers = (0..<3).map { descriptor("layer.v1.tar+gzip", pull * 4 + $0, 3_145_728) }.joined(separator: ",")
        return #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":"#
            + descriptor("config.v1+json", pull * 4 + 3, 1_470) + #","layers":["# + layers + "]}"
    }

    private func text(_ text: String, digest: String? = nil) -> Body {
        Body(
            length: Int64(text.utf8.count), sha256: digest ?? hex(text.utf8.count, 64), stored: .inline, text: text)
    }

    private mutating func exchange(
        _ connection: Int, _ method: String, _ url: String, _ fields: [FieldLine], _ status: Int,
        _ answer: [FieldLine], _ body: Body
    ) -> [UInt8] {
        var timing = Timing()
        (timing.send, timing.wait, timing.receive) = (80, 4_000 + Int64(seq % 97) * 31, 900 + body.length / 40)
        let exchange = Exchange(
            connection: connection, stream: Int(seq) * 2 + 1, source: .proxy, started: Instant(microseconds: time),
            timing: timing,
            request: Exchange.Request(
                head: RequestHead(
                    method: method, url: url, version: "HTTP/2",
                    fields: [FieldLine("accept", "*/*"), FieldLine("accept-encoding", "gzip")] + fields)),
            response: Exchange.Response(
                head: ResponseHead(
                    status: status, reason: "", version: "HTTP/2",
                    fields: answer + [FieldLine("date", "Mon, 23 Nov 2026 10:00:00 GMT")]), body: body))
        time += timing.duration + 500
        return line(.exchange(exchange))
    }

    private func hex(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "a", count: max(0, width - digits.count)) + digits
    }
}
