import Registry
import TapeModel
import Testing

/// Requests that nobody has answered yet.
struct MeaningTests {
    private static func head(_ method: String, _ url: String) -> RequestHead {
        RequestHead(method: method, url: url, version: "HTTP/1.1", fields: [FieldLine("Range", "bytes=5-")])
    }

    @Test func `a realm that the trace has shown is known, and asking teaches nothing`() {
        var trace = Trace()
        let realm = Self.head("GET", "https://login.example/somewhere?service=r")
        #expect(trace.decoder.meaning(of: realm).operation.endpoint == .unknown)
        trace.exchange(
            "GET", "https://r.example/v2/", status: 401,
            ["WWW-Authenticate": #"Bearer realm="https://login.example/somewhere",service="r""#])
        #expect(trace.decoder.meaning(of: realm).operation.endpoint == .tokenGet)
        let exchanges = trace.decoder.summary.exchanges
        let blob = trace.decoder.meaning(of: Self.head("GET", "https://r.example/v2/app/blobs/" + Digest.of("1")))
        #expect(blob.operation.endpoint == .blobGet)
        #expect(blob.operation.range?.first == 5)
        #expect(blob.host.role == .registry)
        #expect(trace.decoder.summary.exchanges == exchanges)
    }
}
