import Foundation
import Registry
import TapeModel
import Testing

private let layer = Digest.of("1")

extension Trace {
    /// A session that begins at `/v2/app/blobs/uploads/1`.
    fileprivate mutating func start() {
        exchange(
            "POST", "https://r.example/v2/app/blobs/uploads/", status: 202, ["Location": "/v2/app/blobs/uploads/1"])
    }
}

@Test(arguments: [
    ("0-99", 100, 100), ("bytes=0-99", 100, 100), ("0-0", 1, 1), ("0-0", 0, 0), ("", 5, nil), ("99", 5, nil),
    ("0-9223372036854775806", 5, .max),
])
func `what a server has is the end of its range plus one`(range: String, sent: Int64, offset: Int64?) {
    var trace = Trace()
    trace.start()
    let chunk = trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/1", sends: sent, status: 202,
        ["Location": "/v2/app/blobs/uploads/1", "Range": range])
    #expect(chunk.upload?.offsetAfter == offset)
}

@Test func `ECR's 201 to a chunk goes on, a 201 that ends an upload does not`() {
    var trace = Trace()
    trace.start()
    trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/1", sends: 5, status: 201,
        ["Location": "/v2/app/blobs/uploads/2", "Range": "0-4"])
    let end = trace.exchange(
        "PUT", "https://r.example/v2/app/blobs/uploads/2?digest=\(layer)", status: 201,
        ["Location": "/v2/app/blobs/\(layer)"])
    #expect(end.upload?.ordinal == 3)
    #expect(end.upload?.expectedLocation == "/v2/app/blobs/uploads/2")
    #expect(trace.exchange("GET", "https://r.example/v2/app/blobs/\(layer)", status: 200).upload == nil)
}

@Test func `a state that was kept is read behind its code`() {
    var trace = Trace()
    let json = "{\"Name\":\"app\",\"UUID\":\"u\",\"Offset\":7,\"StartedAt\":\"2026-01-01T00:00:00Z\"}"
    let raw = (Data(repeating: 0xFB, count: 32) + Data(json.utf8)).base64EncodedString()
        .replacing("+", with: "-").replacing("/", with: "_")
    let chunk = trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/u?_state=\(raw.replacing("=", with: "%3D"))", status: 202)
    #expect(chunk.upload?.stateOffset == 7)
    #expect(chunk.upload?.ordinal == 1)
    #expect(chunk.upload?.startedBy == nil)
}

@Test func `a request to a location that is not the newest knows which one that is`() {
    var trace = Trace()
    trace.start()
    trace.exchange(
        "PATCH", "https://r.example/v2/app/blobs/uploads/1", sends: 5, status: 202,
        ["Location": "/v2/app/blobs/uploads/2", "Range": "0-4"])
    let stale = trace.exchange("PATCH", "https://r.example/v2/app/blobs/uploads/1", sends: 5, status: 404)
    #expect(stale.upload?.startedBy == 1)
    #expect(stale.upload?.expectedLocation == "/v2/app/blobs/uploads/2")
}
