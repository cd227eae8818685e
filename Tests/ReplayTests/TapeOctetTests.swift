import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// Octets of a tape that would end a line never reach the wire as they are (RELIABILITY.md S9).
///
/// Tapes are written by hand and come from strangers; a record can claim anything.
@Suite(.timeLimit(.minutes(3)))
struct TapeOctetTests {
    private static let evil = "a\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.0 200 Evil\r\n\r\n"
    private static let lone = ["\r", "\n", "\0", "\u{B}", "\u{7F}", "\u{1}"]

    /// Everything of an exchange that a tape can put octets into.
    private static var exchanges: [Exchange] {
        var reason = ReplayStage.exchange("GET", "/reason", text: "reason")
        reason.response?.head.reason = evil
        var fields = [FieldLine("X-Evil", evil), FieldLine("X-Evil\r\nSet-Cookie: evil=1", "a"), FieldLine("", "a")]
        fields += lone.flatMap { [FieldLine("X-Lone", "a\($0)b"), FieldLine("X\($0)Lone", "a")] }
        fields += [
            FieldLine("Location", "http://registry.test/\(evil)"),
            FieldLine("Link", "</v2/app/tags/list?last=\(evil)>; rel=\"next\""),
            FieldLine("Www-Authenticate", "Bearer realm=\"http://registry.test/\(evil)\",service=\"\(evil)\""),
            FieldLine("Content-Type", "text/plain\r\nSet-Cookie: evil=1"),
            FieldLine("Transfer-Encoding", "chunked"), FieldLine("Connection", "x-named\r\nSet-Cookie: evil=1"),
        ]
        let field = ReplayStage.exchange("GET", "/fields", fields: fields, text: "fields")
        let challenge = ReplayStage.exchange("GET", "/v2/secret/manifests/1", status: 401, fields: fields)
        let version = ReplayStage.exchange("GET", "/version", text: "version")
        let method = ReplayStage.exchange("GET\r\nSet-Cookie: evil=1", "/method", text: "method")
        let url = ReplayStage.exchange("GET", "/v2/app/manifests/\(evil)", text: "url")
        return [reason, field, challenge, version, method, url, ReplayStage.ping]
    }

    private static let targets = [
        "/reason", "/fields", "/v2/secret/manifests/1", "/v2/secret/manifests/2", "/version", "/method",
        // Misses, which name the nearest exchange.
        "/v2/app/manifests/a", "/v2/app/manifests/b", "/v2/%0d%0aSet-Cookie:%20evil=1/manifests/1", "/_regtape/status",
    ]

    @Test func `fields that the recorded Connection names are not sent again`() async throws {
        let recorded = [
            FieldLine("Connection", "close, X-Named"), FieldLine("X-Named", "1"), FieldLine("X-Kept", "2"),
        ]
        let answer = ReplayStage.exchange("GET", "/v2/app/tags/list", fields: recorded, text: "{}")
        try await ReplayStage.run([answer]) { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "GET /v2/app/tags/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(heard.hasPrefix("HTTP/1.1 200 ") && heard.contains("\r\nX-Kept: 2\r\n"), "\(heard)")
            #expect(!heard.contains("X-Named"), "\(heard)")
        }
    }

    @Test(arguments: targets)
    func `nothing of a tape ends a line of HTTP/1`(target: String) async throws {
        try await ReplayStage.run(Self.exchanges) { stage in
            let next = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let heard = try await RawSocket.use(stage.port) { socket in
                socket.send("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + next)
                return Latin1.text(socket.hear().octets)
            }
            let parts = heard.components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(parts.count == 2 && heard.hasSuffix("{}"), "\(heard)")
            let first = parts.first ?? ""
            let head = first.components(separatedBy: "\r\n\r\n").first ?? ""
            #expect(!head.components(separatedBy: "\r\n").contains { $0.lowercased().hasPrefix("set-cookie") })
            #expect(!head.replacing("\r\n", with: "").unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{7F}" })
            #expect(!first.contains("\r\nSet-Cookie"), "\(first)")
        }
    }

    @Test(arguments: targets)
    func `nothing of a tape is a forbidden octet in HTTP/2`(target: String) async throws {
        try await ReplayStage.run(Self.exchanges) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening
                        + RawHTTP2.request(
                            [
                                (":method", "GET"), (":scheme", "http"), (":path", target),
                                (":authority", "127.0.0.1"),
                            ], stream: 1) + RawHTTP2.get("/v2/", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            #expect(isOpen && heard.answers[3]?.text == "{}")
            let fields = heard.answers[1]?.sections.joined().map { $0 } ?? []
            #expect(!fields.isEmpty)
            #expect(
                fields.allSatisfy { field in
                    !field.name.contains("set-cookie")
                        && (field.name + field.value).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{7F}" }
                }, "\(fields)")
        }
    }
}
