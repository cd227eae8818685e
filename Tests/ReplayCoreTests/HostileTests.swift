import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// Requests and tapes of strangers: nothing traps, no file but one of ours is ever named, no line is ended early.
struct HostileTests {
    private static let odd = [
        "", " ", "\0", "a\r\nb: c", "%", "%%%", "%00", "\u{FFFD}", "\u{202E}", "‹", "›", "‹a:›", ":", "=", "\"", "/",
        "//",
        "?", "#", "@", "[", "..", "../../../../etc/passwd", "..%2f..%2f", "con", "-rf", "sha256:", "sha256:../../x",
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 63) + "/",
        "SHA256:" + String(repeating: "a", count: 64), "sha512:" + String(repeating: "a", count: 128),
        "sha256:" + String(repeating: "a", count: 64), "9223372036854775807", "-9223372036854775808", "0-0",
        "9223372036854775807-9223372036854775807", "bytes=0-9223372036854775807,-9223372036854775807",
        "bytes=9223372036854775807-", "0-9223372036854775806", "eyJ.eyJ.", "Bearer", "Bearer ", "Basic \u{7f}",
        String(repeating: "a", count: 4_096),
    ]
    private static let methods = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "CONNECT", "", "\0", "get", "TRACE"]

    private static func paths(_ text: String) -> [String] {
        [
            text, "/" + text, "/v2/\(text)", "/v2/app/manifests/\(text)", "/v2/app/blobs/\(text)",
            "/v2/\(text)/manifests/1",
            "/v2/app/blobs/uploads/\(text)", "/v2/app/blobs/uploads/?mount=\(text)&from=\(text)",
            "/v2/app/blobs/uploads/?digest=\(text)", "/v2/\(text)/blobs/uploads/",
            "/v2/app/tags/list?n=\(text)&last=\(text)",
            "/v2/app/referrers/\(text)?artifactType=\(text)", "/token?scope=\(text)&service=\(text)",
            "/v2/_catalog?n=\(text)",
        ]
    }

    private func check(_ answer: TestServer.Answer, _ what: String) {
        #expect((200...599).contains(answer.status), "\(what)")
        for field in answer.fields {
            #expect(field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(what): \(field)")
        }
    }

    @Test(arguments: [false, true])
    func `odd requests are answered`(isWritable: Bool) throws {
        let tape = try FixtureTape("docker.tape")
        var server = TestServer(index: tape.index, directory: tape.directory) { $0.isWritable = isWritable }
        for text in Self.odd {
            for path in Self.paths(text) {
                for host in ["https://registry.regtape.test:6443", "http://new"] {
                    for method in Self.methods {
                        let url = path == text ? text : host + path
                        let fields = [
                            FieldLine("Authorization", "Bearer x"), FieldLine("Range", text),
                            FieldLine("Content-Range", text), FieldLine("Content-Type", text),
                            FieldLine("If-Range", text),
                        ]
                        check(server.ask(method, url, fields, body: Array(text.utf8)), "\(method) \(url)")
                    }
                }
            }
        }
        #expect(server.uploads.keys.allSatisfy { $0 > 0 })
        #expect(server.stored.keys.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{64}/) != nil })
        let report = server.machine.report
        #expect(report.misses.count <= 200)
        for miss in report.misses { #expect(!miss.description.contains("\r") && !miss.description.contains("\0")) }
    }

    @Test(arguments: [".", "..", "/etc/passwd", "../tape.jsonl", String(repeating: "A", count: 64), ""])
    func `a tape names no file but one of 64 hexadecimal digits`(name: String) {
        var tape = TapeInHand()
        for stored in [Body.Storage.file, .inline, .partial] {
            let body = Body(length: 5, sha256: name, stored: stored)
            tape.exchange("GET", "/v2/app/blobs/" + TapeInHand.digest("x"), status: 200, body: body)
            tape.exchange(
                "GET", "/v2/app/manifests/1", status: 200, ["Docker-Content-Digest": "sha256:" + name], body: body)
        }
        var machine = ReplayMachine(index: tape.index)
        for path in ["/v2/app/blobs/" + TapeInHand.digest("x"), "/v2/app/manifests/1"] {
            let request = ReplayRequest(method: "GET", url: TapeInHand.registry + path)
            guard case .answer(let answer) = machine.answer(request, at: tape.now) else { continue }
            #expect(answer.status == 404)
            for case .stored(let piece) in answer.body { Issue.record("\(piece)") }
        }
    }

    @Test(arguments: odd)
    func `an odd tape is played as something`(text: String) throws {
        var tape = TapeInHand()
        let fields: KeyValuePairs<String, String> = [
            "Location": text, "Link": "<" + text + ">; rel=next", "WWW-Authenticate": "Bearer realm=\"" + text,
            "Docker-Content-Digest": text, "Content-Length": text, "Date": text, "Expires": text, "Content-Type": text,
            "Content-Range": text,
        ]
        for status in [200, 206, 304, 307, 401, 404, 416, -1, 0, 99, 600, .max] {
            for (method, path) in [
                ("GET", "/v2/app/manifests/1"), ("GET", "/v2/app/blobs/" + text),
                ("GET", "/token?service=r&scope=" + text),
                ("GET", "/v2/app/tags/list"), ("POST", "/v2/app/blobs/uploads/"), ("GET", "/" + text),
                ("PUT", "/v2/app/manifests/1"),
            ] {
                tape.now = Instant(microseconds: status == 304 ? .min : .max)
                tape.exchange(
                    method, path, [FieldLine("Authorization", text), FieldLine("Range", text)], content: text,
                    status: status, fields,
                    answer:
                        "{\"token\":\"\(text)\",\"tags\":[\"\(text)\"],\"issued_at\":\"\(text)\",\"expires_in\":1e999}")
            }
        }
        var server = TestServer(index: tape.index)
        for method in ["GET", "HEAD", "PUT", "POST"] {
            for path in Self.paths(text) + ["/v2/app/manifests/1", "/v2/app/tags/list", "/token?service=r"] {
                for fields in [[], [FieldLine("Authorization", text)], [FieldLine("Range", text)]] {
                    check(server.ask(method, TapeInHand.registry + path, fields), "\(method) \(path)")
                }
            }
        }
    }

    @Test func `bodies of any kind in answer to a sink are concluded`() throws {
        var machine = ReplayMachine(
            index: ReplayIndex(),
            options: {
                var options = ReplayMachine.Options()
                options.isWritable = true
                return options
            }())
        let now = Instant(microseconds: 0)
        let bodies: [ReceivedBody] = [
            .upload(length: .max, sha256: "x"), .upload(length: .min, sha256: ""), .memory([], sha256: "../x"),
            .tooLong,
            .broken(length: .max), .broken(length: -5),
        ]
        for (method, url) in [
            ("PUT", "http://r/v2/app/manifests/1"), ("POST", "http://r/token"),
            ("POST", "http://r/v2/app/blobs/uploads/?digest=" + TapeInHand.digest("x")),
        ] {
            for body in bodies {
                guard case .needsBody(_, let pending) = machine.answer(.init(method: method, url: url), at: now) else {
                    continue
                }
                let answer = machine.finished(pending, body, at: now)
                #expect((400...499).contains(answer.status), "\(method) \(body)")
                #expect(machine.finished(pending, body, at: now).status >= 400, "told twice, it is unknown")
                for case .keep(_, let sha256) in answer.effects { Issue.record("\(sha256)") }
            }
        }
    }

    @Test func `a tape of many questions misses in no time worth noting`() {
        var tape = TapeInHand()
        for number in 0..<2_000 {
            tape.exchange("GET", "/v2/app\(number)/manifests/1", status: 200, answer: "\(number)")
        }
        var server = TestServer(index: tape.index)
        #expect(server.get("/v2/app1999/manifests/1").text == "1999")
        guard case .miss(let miss) = server.get("/v2/app1999/manifests/2").origin else {
            Issue.record("a miss was expected")
            return
        }
        #expect(miss.nearest?.url == TapeInHand.registry + "/v2/app1999/manifests/1")
        #expect(miss.nearest?.differences.map(\.part) == ["subject", "credentials"])
    }
}
