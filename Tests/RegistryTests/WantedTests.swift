import Registry
import TapeModel
import Testing

/// Whether a body file is wanted of a request, and of its answer.
@Test(arguments: [
    ("GET", "/v2/app/manifests/1", 200, "application/json", false, true),
    ("GET", "/v2/app/manifests/1", 404, "application/json", false, true),
    ("PUT", "/v2/app/manifests/1", 201, "", true, false),
    ("POST", "/token", 200, "application/json", true, true), ("GET", "/token", 200, "", false, true),
    ("GET", "/v2/app/tags/list", 200, "", false, true), ("GET", "/v2/_catalog", 200, "", false, true),
    ("GET", "/v2/", 200, "text/html", false, true), ("GET", "/v2/", 200, "application/json", false, false),
    // Layers and uploads never are; what storage says in place of one is.
    ("GET", "/v2/app/blobs/\(Digest.of("1"))", 200, "text/html", false, false),
    ("GET", "/v2/app/blobs/\(Digest.of("1"))", 404, "", false, true),
    ("GET", "/v2/app/blobs/\(Digest.of("1"))", 307, "text/html", false, false),
    ("PATCH", "/v2/app/blobs/uploads/1", 202, "", false, false),
    ("PUT", "/v2/app/blobs/uploads/1?digest=\(Digest.of("1"))", 201, "", false, false),
    ("PUT", "/v2/app/blobs/uploads/1?digest=\(Digest.of("1"))", 400, "", false, true),
])
func `contents are read where a meaning depends on them`(
    method: String, path: String, status: Int, type: String, request: Bool, response: Bool
) {
    let file = Body(length: 100_000, sha256: "ab", stored: .file)
    var exchange = Exchange(
        connection: 1, source: .proxy, started: Instant(microseconds: 0),
        request: .init(
            head: RequestHead(method: method, url: "https://r.example" + path, version: "HTTP/1.1", fields: []),
            body: file),
        response: .init(
            head: ResponseHead(
                status: status, reason: "", version: "HTTP/1.1", fields: [FieldLine("Content-Type", type)]),
            body: file))
    #expect(TraceDecoder().wanted(for: exchange) == TraceDecoder.Wanted(request: request, response: response))
    // What stands in the record, or nowhere, needs no reading.
    exchange.request.body = Body(length: 2, stored: .inline, text: "{}")
    exchange.response?.body = Body(length: 2, stored: Body.Storage.none)
    #expect(TraceDecoder().wanted(for: exchange) == TraceDecoder.Wanted(request: false, response: false))
}
