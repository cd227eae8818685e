import TapeModel
import Testing

/// Plants secrets of every kind and looks for them in everything that comes out.
struct CanaryTests {
    private static let jwt =
        "eyJhbGciOiJFUzI1NiIsImtpZCI6IksxIn0."
        + "eyJpc3MiOiJpc3MudGVzdCIsInN1YiI6ImNhbmFyeS1zdWJqZWN0IiwiZXhwIjoxfQ.canarysignature0123456789"

    private func redactor() -> Redactor {
        Redactor { secret in String(secret.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }, radix: 16) }
    }

    private func request(_ url: String = "https://r.test/v2/", _ fields: [FieldLine] = []) -> RequestHead {
        RequestHead(method: "GET", url: url, version: "HTTP/1.1", fields: fields)
    }

    private func expectClean(_ text: String, _ place: String) {
        #expect(!text.lowercased().contains("canary"), "\(place): \(text)")
    }

    @Test(arguments: [
        FieldLine("Authorization", "Basic Y2FuYXJ5OmNhbmFyeS1wYXNzd29yZA=="),
        FieldLine("AUTHORIZATION", "Bearer canary-bearer-token"),
        FieldLine("Authorization", "canary-without-scheme"), FieldLine("Proxy-Authorization", "Basic canaryBase64"),
        FieldLine("Cookie", "session=canary-cookie; other=canary2"),
        FieldLine("Set-Cookie", "id=canary-cookie; Path=/; Secure"),
        FieldLine("X-Api-Key", "canary-key"), FieldLine("X-Vendor-Of-Tomorrow", "canary-value"),
        FieldLine("Location", "https://s.test/b?se=2030&sig=canary%2Bsig"),
        FieldLine("Location", "https://s.test/b?X-Amz-Credential=canarykey%2F20260101%2Feu&X-Amz-Signature=canary"),
        FieldLine("Location", "https://s.test/b?verify=1700000000-canarymac"),
        FieldLine("Location", "https://user:canary-pw@s.test/b#canary-fragment"),
        FieldLine("Location", "https://pkg.test/artifacts-downloads/namespaces/p/repositories/r/downloads/canary-path"),
        FieldLine("Location", "https://q.test/_storage_proxy/canary-token/https/s/b"),
        FieldLine("Link", "</v2/_catalog?next_page=canary>; rel=\"next\""),
        FieldLine("Docker-Ratelimit-Source", "canary-account"),
    ])
    func `a secret field is masked`(field: FieldLine) {
        var redactor = redactor()
        let head = redactor.redact(request("https://r.test/v2/", [field]))
        expectClean(head.fields[0].value, field.name)
        #expect(head.fields[0].name == field.name)
    }

    @Test(arguments: [
        "https://user:canary-pw@r.test/v2/", "https://r.test/token?account=canary-user&password=canary-pw&service=s",
        "https://r.test/v2/?%73ig=canary-encoded-key", "https://r.test/v2/?token=canary-token",
        "https://r.test/v2/?canary-bare",
    ])
    func `a secret in a URL is masked`(url: String) {
        var redactor = redactor()
        expectClean(redactor.redact(request(url)).url, url)
    }

    @Test func `a token keeps its claims and loses its signature and its person`() throws {
        var redactor = redactor()
        let head = redactor.redact(request("https://r.test/v2/", [FieldLine("Authorization", "Bearer " + Self.jwt)]))
        let value = head.fields[0].value
        expectClean(value, "Authorization")
        #expect(value.split(separator: ".").count == 3)
        #expect(!value.contains("canary-subject") && !value.contains("Y2FuYXJ5"))
    }

    @Test(arguments: [
        (
            "application/json",
            "{\"token\":\"canary-t\",\"access_token\":\"canary-a\",\"expires_in\":300,\"d\":{\"Password\":\"canary-p\"}}"
        ),
        ("application/json", "not json but token=canary-long-enough-value"),
        ("application/x-www-form-urlencoded", "grant_type=password&username=canary-u&password=canary-p&service=s"),
        (
            "application/xml",
            "<Error><Code>InvalidArgument</Code><ArgumentValue>Bearer canary-token</ArgumentValue></Error>"
        ),
        (
            "application/xml",
            "<Error><StringToSign>canary</StringToSign><SignatureProvided>canary</SignatureProvided></Error>"
        ),
        ("text/html", "<p>Your header was: Authorization: Bearer canary-opaque-token</p>"),
        ("text/plain", "see https://s.test/b?se=1&sig=canary-signature"),
    ])
    func `a secret in content is masked`(type: String, content: String) throws {
        var redactor = redactor()
        let fields = [FieldLine("Content-Type", type)]
        let response = ResponseHead(status: 400, reason: "", version: "HTTP/1.1", fields: fields)
        let kept = redactor.redact(body: Array(content.utf8), of: .server, request: request(), response: response)
        let body = try #require(kept)
        expectClean(String(decoding: body, as: UTF8.self), type)
    }

    @Test func `a password that was learned is known wherever it stands`() throws {
        var redactor = redactor()
        _ = redactor.redact(
            request("https://r.test/v2/", [FieldLine("Authorization", "Basic Y2FuYXJ5OmNhbmFyeS1wYXNzd29yZA==")]))
        let page = Array("<p>canary:canary-password and Y2FuYXJ5OmNhbmFyeS1wYXNzd29yZA==</p>".utf8)
        let response = ResponseHead(status: 500, reason: "", version: "HTTP/1.1", fields: [])
        let kept = redactor.redact(body: page, of: .server, request: request(), response: response)
        let body = try #require(kept)
        expectClean(String(decoding: body, as: UTF8.self), "page")
        expectClean(redactor.redact(text: "failed with canary-password"), "text")
        expectClean(redactor.redact(request("https://r.test/canary-password/x")).url, "path")
    }

    @Test func `a malformed head keeps its names only`() {
        let raw = Array("GET /a?sig=canary HTTP/1.1\r\nX-Secret: canary\r\nAuthorization: Bearer canary-token\r\n".utf8)
        let kept = String(decoding: redactor().redact(raw: raw), as: UTF8.self)
        expectClean(kept, "raw")
        #expect(kept.contains("X-Secret:"))
    }

    @Test func `equal secrets have equal names`() throws {
        var redactor = redactor()
        let head = redactor.redact(
            request("https://r.test/?token=abcdefgh", [FieldLine("Authorization", "Bearer abcdefgh")]))
        let name = try #require(head.fields[0].value.split(separator: ":").last?.dropLast())
        #expect(head.url.contains(name))
    }

    @Test func `what diagnosis needs survives`() {
        var redactor = redactor()
        let url =
            "https://r.test/token?service=r.test&scope=repository%3Aapp%3Apull&se=2030-01-01&sp=r&X-Amz-Expires=60"
        let fields = [
            FieldLine(
                "WWW-Authenticate", "Bearer realm=\"https://a.test/token\",service=\"r\",scope=\"repository:a:pull\""),
            FieldLine("Docker-Content-Digest", "sha256:0123"), FieldLine("Range", "bytes=0-9"),
            FieldLine("ratelimit-limit", "100;w=21600"), FieldLine("x-ms-request-id", "guid"),
        ]
        #expect(redactor.redact(request(url, fields)) == request(url, fields))
    }

    @Test func `a manifest is never touched and a token answer always looked through`() {
        let redactor = redactor()
        let good = ResponseHead(
            status: 200, reason: "", version: "HTTP/1.1", fields: [FieldLine("Content-Type", "application/json")])
        let manifest = request("https://r.test/v2/app/manifests/1")
        #expect(redactor.treatment(of: .server, request: manifest, response: good) == .verbatim)
        for url in [
            "https://a.test/token?scope=x", "https://r.test/v2/token", "https://r.test/v2/auth",
            "https://r.test/oauth2/token",
        ] {
            #expect(redactor.treatment(of: .server, request: request(url), response: good) != .verbatim, "\(url)")
        }
        let bad = ResponseHead(status: 403, reason: "", version: "HTTP/1.1", fields: [])
        #expect(redactor.treatment(of: .server, request: manifest, response: bad) != .verbatim)
    }
}
