import TapeModel
import Testing

/// Secrets in contents: error pages, token answers, forms, and whatever else is held back and looked through.
struct ContentCanaryTests {
    @Test(arguments: [
        // JSON, whole, nested, escaped, broken.
        ("application/json", #"{"token":"canary-t","access_token":"canary-a","d":{"Password":"canary-p"}}"#),
        ("application/json", #"{"tok\u0065n":"canary","authorizationData":[{"authorizationToken":"canary"}]}"#),
        ("application/json", #"{"token":{"value":"canary"},"tokens":["canary"],"secret":["a",{"b":"canary"}]}"#),
        ("application/json", #"{"errors":[{"message":"{\"token\":\"canary\"}"}]}"#),
        ("application/json", #"{"errors":[{"detail":"Authorization: Basic Y2FuYXJ5OmNhbmFyeQ== refused"}]}"#),
        ("application/json", #"{"token":"canary-cut-o"#), ("application/json", #"{"a":1}{"token": "canary"}"#),
        ("application/json", "not json but token=canary-long-enough-value"), ("text/plain", #"{'password': 'canary'}"#),
        ("text/plain", #"x "detail":"{\"refresh_token\":\"canary\"}""#), ("text/plain", #"\u0026sig=canary"#),
        ("application/json", #""see https://u:canary@r.test/""#), ("text/plain", "tokens: [canary, canary]x"),
        // Forms.
        ("application/x-www-form-urlencoded", "grant_type=password&username=canary-u&password=canary-p&service=s"),
        ("Application/X-WWW-Form-URLEncoded; charset=utf-8", "tenant=canary&access_token=canary&service=r.azurecr.io"),
        ("text/plain", "grant_type=refresh_token&refresh_token=canary"), ("", "username=canary;password=canary"),
        // XML and HTML.
        ("application/xml", "<Error><ArgumentValue>Bearer canary-token</ArgumentValue></Error>"),
        ("application/xml", "<StringToSign>canary</StringToSign><SignatureProvided>canary</SignatureProvided>"),
        ("application/xml", "<e:stringtosign a=\"1\">canary</e:stringtosign><StringToSign>canary"),
        ("application/xml", "<ArgumentValue>a</ArgumentValue><ArgumentValue>canary</ArgumentValue>"),
        ("application/xml", "<StringToSign><![CDATA[canary]]></StringToSign>"),
        ("application/xml", "<HeaderName>Authorization</HeaderName><HeaderValue>canary</HeaderValue>"),
        (
            "application/xml",
            "<AuthenticationErrorDetail>The MAC signature found in the HTTP request 'canary=' is not the same. "
                + "Server used following string to sign: 'GET canary'</AuthenticationErrorDetail>"
        ),
        ("text/plain", "&lt;ArgumentValue&gt;canary&lt;/ArgumentValue&gt;"),
        ("text/html", "<p>Your header was: Authorization: Bearer canary-opaque-token</p>"),
        ("text/html", "<td>Authorization</td><td>bearer canary-opaque-token</td>"),
        ("text/html", "<pre>authorization:BEARER canary-1\nCookie: a=canary; b=canary</pre>"),
        ("text/html", "&quot;token&quot;:&quot;canary&quot;"), ("text/html", "X-Api-Key:canary1"),
        ("text/html", "<input type=\"hidden\" name=\"csrf_token\" value=\"canary\">"),
        ("text/html", "<input value='canary' name='csrf_token'><meta name=\"csrf-token\" content=\"canary\">"),
        // Anything.
        ("text/plain", "see https://s.test/b?se=1&sig=canary-signature"), ("text/plain", "sig%3Dcanary%26a"),
        ("text/plain", "https%3A%2F%2Fuser%3Acanary%40r.test"), ("text/plain", "sig%253Dcanary"),
        ("text/plain", "Basic%20Y2FuYXJ5OmNhbmFyeQ=="), ("text/plain", "Bearer+canary-token-1"),
        ("text/plain", "BASIC Y2FuYXJ5OmI="), ("text/plain", "dckr_pat_canaryCANARY0123456789"),
        ("text/plain", "key eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canarysig0 refused"),
        ("text/plain", "password: canary"), ("text/plain", "Proxy-Authorization: Negotiate canary=="),
        ("text/plain", "x=1\r\nSet-Cookie: s=canary\r\n"), ("text/plain", "x-amz-security-token: canary-1"),
    ])
    func `a secret in content is masked`(type: String, content: String) throws {
        var redactor = Canary.redactor()
        let kept = try #require(Canary.kept(content, type, &redactor))
        Canary.expectClean(kept, type)
        // The names of users are masked in forms only.
        if !type.contains("form") { Canary.expectClean(redactor.redact(text: content), "text") }
    }

    @Test(arguments: [
        ("text/html; charset=utf-16", "t\0o\0k\0e\0n\0=\0c\0"),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ncanary\r\n--b--"
        ),
    ])
    func `content that cannot be looked through is not kept`(type: String, content: String) {
        var redactor = Canary.redactor()
        #expect(Canary.kept(content, type, &redactor) == nil)
    }

    @Test(arguments: [
        "https://a.test/token?service=r", "https://r.test/v2/token", "https://r.test/oauth2/exchange",
        "https://a.test/odd/place",
    ])
    func `a token answer of any type keeps only what is known to be harmless`(url: String) throws {
        var redactor = Canary.redactor()
        let challenge = FieldLine("WWW-AUTHENTICATE", "bearer Realm=\"https://a.test/odd/place\",service=\"r\"")
        _ = redactor.redact(Canary.response(401, nil, [challenge]), to: Canary.request())
        let request = Canary.request(url)
        for type in ["application/json", "application/octet-stream", "text/plain", "application/gzip"] {
            let response = Canary.response(200, type)
            #expect(redactor.treatment(of: .server, request: request, response: response) != .verbatim)
            let answer = Array(#"{"jwt2":"canary","x":["canary"],"expires_in":300,"token_type":"Bearer"}"#.utf8)
            let kept = redactor.redact(body: answer, of: .server, request: request, response: response)
            let text = String(decoding: try #require(kept), as: UTF8.self)
            Canary.expectClean(text, type)
            #expect(text.contains(#""expires_in":300,"token_type":"Bearer""#))
            // A bare token has no shape at all.
            #expect(
                redactor.redact(body: Array("canary".utf8), of: .server, request: request, response: response) == nil)
        }
    }

    @Test(arguments: [
        #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository"}]}]}"#,
        #"{"errors":[{"code":"DENIED","message":"invalid token: signature is wrong, token has expired"}]}"#,
        #"{"errors":[{"message":"Basic authentication is not permitted; use token authentication"}]}"#,
        #"{"token_type":"Bearer","expires_in":300,"scope":"repository:token-server:pull,push"}"#,
        "<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message><ArgumentName>Authorization</ArgumentName>",
        "<AuthenticationErrorDetail>Signed expiry time [Tue, 01 Dec 2026] must be after signed start time</AuthenticationErrorDetail>",
        "<html><body><h1>502 Bad Gateway</h1><hr><center>nginx/1.22.1</center></body></html>",
        "repository:secret/token:pull of https://r.test:5000/v2/token/manifests/token:v1 failed at 07:12:21",
        "requested access to the resource is denied: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ])
    func `words that diagnosis lives on survive`(content: String) {
        var redactor = Canary.redactor()
        #expect(Canary.kept(content, "text/plain", &redactor) == content)
    }

    @Test func `a digest in a field that nobody has heard of stays readable elsewhere`() {
        var redactor = Canary.redactor()
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let fields = [FieldLine("X-Checksum-Sha256", digest), FieldLine("X-Forwarded-Host", "registry.test")]
        #expect(redactor.redact(Canary.response(200, nil, fields), to: Canary.request()).fields[0].value != digest)
        let url = "https://registry.test/v2/a/blobs/sha256:" + digest
        #expect(redactor.redact(Canary.request(url)).url == url)
    }

    /// Quadratic work on any of these would take hours.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "<AuthenticationErrorDetail>", "token:", "authorization: x", "Bearer=realm=", "//a@", "%2F%2F", "eyJeyJ",
            "\"token\":\"", "'token':", "&lt;StringToSign", "token: a ", "value=", "‹token:", "%3D%3A", "sig[", "a=b&",
            "\\\"",
            "canary-password", "password=\"", "Basic ", "ghp_", "<StringToSign>",
        ])
    func `4 MiB of openings are read in one pass`(opening: String) {
        var redactor = Canary.redactor()
        for number in 0..<2_000 {
            let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.signature\(number)"
            _ = redactor.redact(Canary.request("https://r.test/", [FieldLine("Authorization", "Bearer \(token)")]))
        }
        let page = String(repeating: opening, count: (4 << 20) / opening.utf8.count)
        #expect(Canary.kept(page, "text/plain", &redactor) != nil)
    }
}
