import Registry
import Replay
import TapeModel
import Testing

/// Times in fields and in signed URLs move with the clock.
struct ClockTests {
    /// Played back one year, one day and one hour after it was recorded at 2026-01-01T00:00:00Z.
    private func played(_ location: String) -> String? {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/app/blobs/" + TapeInHand.digest("x"), status: 307,
            ["Location": location, "Date": "Thu, 01 Jan 2026 00:00:00 GMT"])
        var server = TestServer(index: tape.index)
        server.now = Instant(microseconds: 1_767_225_600_000_000 + 366 * 86_400_000_000 + 3_600_000_000)
        return server.get("/v2/app/blobs/" + TapeInHand.digest("x"), [])("location")
    }

    @Test(arguments: [
        (
            "https://s.example/a?se=2026-01-01T00%3A20%3A00Z&sig=‹sas:1›&st=2025-12-31T23:55:00Z",
            "https://s.example/a?se=2027-01-02T01%3A20%3A00Z&sig=regtape-sas-1&st=2027-01-02T00:55:00Z"
        ),
        ("https://s.example/a?se=2026-01-01T00:20Z&sig=x", "https://s.example/a?se=2027-01-02T01:21Z&sig=x"),
        ("https://s.example/a?se=2026-01-02&sig=x", "https://s.example/a?se=2027-01-04&sig=x"),
        (
            "https://s.example/a?X-Amz-Date=20260101T000000Z&X-Amz-Expires=1200&X-Amz-Signature=‹aws:1›",
            "https://s.example/a?X-Amz-Date=20270102T010000Z&X-Amz-Expires=1200&X-Amz-Signature=regtape-aws-1"
        ),
        (
            "https://s.example/a?Expires=1767226800&Signature=x&Key-Pair-Id=k",
            "https://s.example/a?Expires=1798852800&Signature=x&Key-Pair-Id=k"
        ),
        ("https://s.example/a?verify=1767225600-%2Bmac", "https://s.example/a?verify=1798851600-%2Bmac"),
        (
            "https://s.example/a?__token__=exp=1767226800~hmac=x#f",
            "https://s.example/a?__token__=exp=1798852800~hmac=x#f"
        ),
        (
            "https://s.example/a?se=never&x-amz-date=2026&Expires=-1&verify=1",
            "https://s.example/a?se=never&x-amz-date=2026&Expires=-1&verify=1"
        ),
        ("/relative?a=&&b", "/relative?a=&&b"),
    ])
    func `a signed URL is as fresh as it was`(recorded: String, expected: String) {
        #expect(played(recorded) == expected)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_900_000_000, "Sun, 17 Mar 2030 17:46:40 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `Date is now, in the form of RFC 9110`(seconds: Int64, text: String) {
        var tape = TapeInHand()
        tape.exchange("GET", "/v2/", status: 200, ["Date": "Thu, 01 Jan 2026 00:00:00 GMT"], answer: "{}")
        var server = TestServer(index: tape.index)
        server.now = Instant(microseconds: seconds * 1_000_000)
        #expect(server.get("/v2/", []).fields.values(of: "date") == [text])
    }

    @Test func `Expires keeps its distance to Date`() {
        var tape = TapeInHand()
        tape.exchange(
            "GET", "/v2/", status: 200,
            ["Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Expires": "Thu, 01 Jan 2026 00:01:00 GMT"], answer: "{}")
        tape.exchange("GET", "/v2/", status: 200, ["Expires": "0"], answer: "{}")
        var server = TestServer(index: tape.index)
        #expect(server.get("/v2/", [])("expires") == "Sun, 17 Mar 2030 17:47:40 GMT")
        #expect(server.get("/v2/", [])("expires") == "0")
    }

    @Test(arguments: [Int64.min, .max])
    func `the ends of time do not trap`(microseconds: Int64) {
        var tape = TapeInHand()
        tape.now = Instant(microseconds: 0)
        tape.exchange(
            "GET", "/v2/", status: 200, ["Location": "https://a/?se=2026-01-01&Expires=1767226800"], answer: "{}")
        var server = TestServer(index: tape.index)
        server.now = Instant(microseconds: microseconds)
        #expect(server.get("/v2/", []).status == 200)
    }
}
