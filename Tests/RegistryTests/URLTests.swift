import Registry
import TapeModel
import Testing

/// RFC 3986 §5.4, with a registry's base.
@Test(arguments: [
    ("https://other.example:8443/x?a=1#f", "https://other.example:8443/x"),
    ("//other.example/x", "https://other.example/x"),
    ("/x/y", "https://r.example/x/y"), ("x", "https://r.example/v2/app/x"), ("./x", "https://r.example/v2/app/x"),
    ("../x", "https://r.example/v2/x"), ("../../../x", "https://r.example/x"), ("..", "https://r.example/v2/"),
    (".", "https://r.example/v2/app/"), ("/a/./b/../c/", "https://r.example/a/c/"),
    ("?n=2", "https://r.example/v2/app/list"),
    ("", "https://r.example/v2/app/list"), ("#f", "https://r.example/v2/app/list"),
    ("/ab//docker/blobs", "https://r.example/ab//docker/blobs"),
    ("localhost:5000/x", "https://r.example/v2/app/localhost:5000/x"),
    ("HTTP://R.EXAMPLE:80", "http://r.example/"), ("https://[::1]:5000/x", "https://[::1]:5000/x"),
    ("https://user:pa@ss@h.example/x", "https://h.example/x"),
    ("https://‹user:1a2b›@h.example/x", "https://h.example/x"),
])
func `a reference is resolved against its request`(reference: String, expected: String) throws {
    let base = try #require(TargetURL("https://r.example/v2/app/list?n=1"))
    let target = try #require(base.resolving(reference))
    #expect("\(target.scheme)://\(target.authority)\(target.path)" == expected)
}

@Test(arguments: [
    "", "x", "/x", "https://", "https://:443/", "https://h:70000/", "https://h:x/", "https://[::1]x/", "://h/",
])
func `what is no absolute URL is none`(text: String) {
    #expect(TargetURL(text) == nil)
}

@Test func `names and values of a query are decoded, redacted ones are left alone`() throws {
    let url = try #require(
        TargetURL("https://h/p?scope=repository%3Aa%3Apull+push&sig=‹sas:1›&flag&x=%zz%&Digest=a%C3%A4&=&&y=1=2"))
    #expect(
        url.query == [
            .init("scope", "repository:a:pull push"), .init("sig", "‹sas:1›"), .init("flag", ""), .init("x", "%zz%"),
            .init("Digest", "aä"), .init("", ""), .init("y", "1=2"),
        ])
    #expect(url[parameter: "digest"] == "aä")
    #expect(try #require(TargetURL("https://h//a%2Fb/%FF/c%")).segments == ["a/b", "\u{FFFD}", "c%"])
}

@Test(arguments: [
    ("bytes=0-99", ByteRange(first: 0, last: 99, hasUnit: true)),
    ("bytes=100-", .init(first: 100, last: nil, hasUnit: true)),
    ("bytes=-5", .init(first: nil, last: 5, hasUnit: true)), ("bytes=0-1,5-9", .init(first: 0, last: 1, hasUnit: true)),
    ("0-99", .init(first: 0, last: 99, hasUnit: false)), ("BYTES=1-2", .init(first: 1, last: 2, hasUnit: true)),
    ("bytes 0-99/200", .init(first: 0, last: 99, total: 200, hasUnit: true)),
    ("bytes */200", .init(first: nil, last: nil, total: 200, hasUnit: true)),
    ("0-99/*", .init(first: 0, last: 99, hasUnit: false)), (" 5-9", .init(first: 5, last: 9, hasUnit: false)),
])
func `a range is read in both forms`(text: String, range: ByteRange) {
    #expect(ByteRange(range: text) == range)
    #expect(ByteRange(contentRange: text) == range)
}

@Test(arguments: ["", "bytes", "bytes=", "pages=1-2", "-", "x-y", "99999999999999999999-"])
func `what is no range is none`(text: String) {
    #expect(ByteRange(range: text) == nil)
}

/// REGISTRY-FACTS.md §3.2.
@Test(arguments: [
    (
        "?st=2026-01-01T00:00:00Z&se=2026-01-01T00%3A20%3A00Z&sp=r&sr=b&sig=‹sas:1›", URLSignature.Scheme.azureSAS,
        "2026-01-01T00:00:00Z", "2026-01-01T00:20:00Z"
    ),
    ("?se=2026-01-02&sig=x&sv=2018-03-28", .azureSAS, nil, "2026-01-02T00:00:00Z"),
    ("?se=2026-01-02T03:04Z&sig=x", .azureSAS, nil, "2026-01-02T03:04:00Z"),
    (
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Expires=1200&X-Amz-Signature=‹signature:1›",
        .awsV4, "2026-01-01T00:00:00Z", "2026-01-01T00:20:00Z"
    ),
    ("?x-amz-date=2026&x-amz-expires=99999999999999999999&x-amz-signature=1", .awsV4, nil, nil),
    (
        "?X-Amz-Date=20260101T000000Z&X-Amz-Expires=9223372036854775807&X-Amz-Signature=1", .awsV4,
        "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
    ),
    ("?AWSAccessKeyId=a&Expires=1767226800&Signature=b", .awsV2, nil, "2026-01-01T00:20:00Z"),
    (
        "?X-Goog-Date=20260101T000000Z&X-Goog-Expires=60&X-Goog-Signature=1", .googleV4, "2026-01-01T00:00:00Z",
        "2026-01-01T00:01:00Z"
    ),
    ("?GoogleAccessId=a&Expires=1767226800&Signature=b", .googleV2, nil, "2026-01-01T00:20:00Z"),
    ("?Expires=1767226800&Signature=b&Key-Pair-Id=K", .cloudFront, nil, "2026-01-01T00:20:00Z"),
    ("?verify=1767225600-‹signature:1›", .cloudflare, "2026-01-01T00:00:00Z", nil),
    ("?akamai_signature=st=1767225600~exp=1767226800~hmac=ab", .akamai, "2026-01-01T00:00:00Z", "2026-01-01T00:20:00Z"),
    ("?__token__=‹query:1›", .akamai, nil, nil),
    ("?sig=x", nil, nil, nil), ("?n=1", nil, nil, nil), ("", nil, nil, nil), ("?verify=x", nil, nil, nil),
])
func `a signature tells when it begins and ends`(
    query: String, scheme: URLSignature.Scheme?, starts: String?, expires: String?
) throws {
    let signature = URLSignature(try #require(TargetURL("https://h.example/x" + query)))
    #expect(signature?.scheme == scheme)
    #expect(signature?.starts == starts.flatMap(Instant.init(timestamp:)))
    #expect(signature?.expires.map(\.timestamp) == expires.flatMap(Instant.init(timestamp:)).map(\.timestamp))
}
