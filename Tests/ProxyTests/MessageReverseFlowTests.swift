import Foundation
import TapeModel
import Testing

/// A client that takes us for its registry, from the challenge to the redirected blob.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct MessageReverseFlowTests {
    /// The value of a field of the last answer that came.
    private func path(_ message: RawMessage?, _ field: String, base: String) throws -> String {
        let value = try #require(message?.value(field))
        return value.hasPrefix(base) ? String(value.dropFirst(base.count)) : value
    }

    @Test func `a push in chunks goes through us with every new Location`() async throws {
        var script = OriginScript()
        script.onRequest = { request, number in
            let own = "http://" + (request.value("host") ?? "")
            return switch number {
            case 0:
                [
                    .send(
                        "HTTP/1.1 202 Accepted\r\nLocation: \(own)/v2/a/blobs/uploads/u1?_state=A%2B1\r\nRange: 0-0\r\n"
                            + "Docker-Upload-UUID: u1\r\nContent-Length: 0\r\n\r\n")
                ]
            case 1:
                [
                    .send(
                        "HTTP/1.1 202 Accepted\r\nLocation: /v2/a/blobs/uploads/u1?_state=B%3D2\r\nRange: 0-4\r\n"
                            + "Content-Length: 0\r\n\r\n")
                ]
            default:
                [
                    .send(
                        "HTTP/1.1 201 Created\r\nLocation: \(own)/v2/a/blobs/sha256:1\r\nContent-Length: 0\r\n\r\n")
                ]
            }
        }
        let stage = try await MessageStage.open(.reverse, script)
        let base = "http://127.0.0.1:\(stage.port)"
        let client = try await stage.client()
        client.send(stage.head("POST", "/v2/a/blobs/uploads/") + "Content-Length: 0\r\n\r\n")
        let first = try await client.answers(to: "POST").last
        #expect(first?.value("location") == base + "/v2/a/blobs/uploads/u1?_state=A%2B1")
        #expect(first?.value("docker-upload-uuid") == "u1")
        let upload = try path(first, "location", base: base)
        client.send(stage.head("PATCH", upload) + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        let second = try await client.answers(to: "POST", "PATCH").last
        #expect(second?.value("location") == "/v2/a/blobs/uploads/u1?_state=B%3D2")
        client.send(
            stage.head("PUT", try path(second, "location", base: base) + "&digest=sha256:1")
                + "Content-Length: 0\r\n\r\n")
        let third = try await client.answers(to: "POST", "PATCH", "PUT").last
        #expect(third?.value("location") == base + "/v2/a/blobs/sha256:1")
        client.close()
        await stage.end()
        let registry = "http://127.0.0.1:\(stage.origin.port)"
        #expect(
            stage.tape.exchanges.map { "\($0.request.method) \($0.request.url)" } == [
                "POST \(registry)/v2/a/blobs/uploads/", "PATCH \(registry)/v2/a/blobs/uploads/u1?_state=A%2B1",
                "PUT \(registry)/v2/a/blobs/uploads/u1?_state=B%3D2&digest=sha256:1",
            ])
        // The tape shows what the registry said, and not what we made of it.
        let location = stage.tape.exchanges.first?.response?.fields.first("location")
        #expect(location == "\(registry)/v2/a/blobs/uploads/u1?_state=A%2B1")
        #expect(stage.tape.exchanges[1].bodies[.client] == Array("hello".utf8))
        #expect(stage.origin.connections.count == 1)
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a pull follows the challenge and the redirect through us, and storage gets no credentials`(
        method: String
    ) async throws {
        var script = OriginScript()
        script.onRequest = { request, number in
            // One server under two names plays registry, token server and storage.
            let port = (request.value("host") ?? "").split(separator: ":").last ?? ""
            return switch number {
            case 0:
                [
                    .send(
                        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"http://basic.test/\"\r\n"
                            + "WWW-Authenticate: Bearer realm=\"http://127.0.0.2:\(port)/token\",service=\"r\"\r\n"
                            + "Content-Length: 0\r\n\r\n")
                ]
            case 1: [.send("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"token\":\"t\"}")]
            case 2:
                [
                    .send(
                        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.3:\(port)/blob?sig=a%2Bb\r\n"
                            + "Content-Length: 0\r\n\r\n")
                ]
            default:
                [.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + (request.method == "HEAD" ? "" : "blob"))]
            }
        }
        let stage = try await MessageStage.open(.reverse, script, host: "0.0.0.0")
        let base = "http://127.0.0.1:\(stage.port)"
        let client = try await stage.client()
        client.send(stage.head("GET", "/v2/") + "\r\n")
        let challenge = try await client.answers(to: "GET").last
        let realm = try #require(challenge?.fields.first { $0.contains("Bearer") })
        let token = "/_regtape/host/http/127.0.0.2:\(stage.origin.port)/token"
        #expect(realm == "WWW-Authenticate: Bearer realm=\"\(base)\(token)\",service=\"r\"")
        // Another connection, as clients do.
        let other = try await stage.client()
        other.send(stage.head("GET", token + "?service=r") + "Authorization: Basic canary\r\nCookie: canary\r\n\r\n")
        #expect(try await other.answers(to: "GET").last?.text == "{\"token\":\"t\"}")
        client.send(stage.head(method, "/v2/a/blobs/sha256:1") + "Authorization: Bearer t\r\n\r\n")
        let redirect = try await client.answers(to: "GET", method).last
        let blob = try path(redirect, "location", base: base)
        #expect(blob == "/_regtape/host/http/127.0.0.3:\(stage.origin.port)/blob?sig=a%2Bb")
        client.send(stage.head(method, blob) + "Authorization: Bearer t\r\nCookie: canary\r\n\r\n")
        let answer = try await client.answers(to: "GET", method, method).last
        #expect(answer?.text == (method == "HEAD" ? "" : "blob"))
        client.close()
        other.close()
        await stage.end()
        let requests = stage.origin.connections.flatMap(\.requests)
        let tokenRequest = try #require(requests.first { $0.startLine.hasPrefix("GET /token?service=r ") })
        #expect(tokenRequest.value("host") == "127.0.0.2:\(stage.origin.port)")
        #expect(tokenRequest.value("authorization") == "Basic canary")
        #expect(tokenRequest.value("cookie") == nil)
        let blobRequest = try #require(requests.first { $0.startLine.contains(" /blob?sig=a%2Bb ") })
        #expect(blobRequest.value("authorization") == nil && blobRequest.value("cookie") == nil)
        #expect(blobRequest.value("host") == "127.0.0.3:\(stage.origin.port)")
        #expect(
            Set(stage.tape.exchanges.map(\.request.url)) == [
                "http://127.0.0.1:\(stage.origin.port)/v2/", "http://127.0.0.2:\(stage.origin.port)/token?service=r",
                "http://127.0.0.1:\(stage.origin.port)/v2/a/blobs/sha256:1",
                "http://127.0.0.3:\(stage.origin.port)/blob?sig=a%2Bb",
            ])
    }

    @Test func `nobody gets through us to a host that was not named`() async throws {
        let stage = try await MessageStage.open(.reverse)
        let client = try await stage.client()
        client.send(stage.head("GET", "/_regtape/host/http/127.0.0.1:\(stage.origin.port)/x") + "\r\n")
        let all = try await client.all()
        #expect(all.hasPrefix("HTTP/1.1 404 "))
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(stage.origin.requests.count == 1)
        #expect(stage.tape.rejected.count == 1)
    }
}
