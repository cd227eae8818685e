import TapeModel
import Testing

/// Which contents are stored octet for octet, and which are looked through.
struct ContentTreatmentTests {
    @Test func `a manifest is never touched and a token answer always looked through`() {
        let redactor = Canary.redactor()
        let good = ResponseHead(
            status: 200, reason: "", version: "HTTP/1.1", fields: [FieldLine("Content-Type", "application/json")])
        let manifest = Canary.request("https://r.test/v2/app/manifests/1")
        #expect(redactor.treatment(of: .server, request: manifest, response: good) == .verbatim)
        for url in [
            "https://a.test/token?scope=x", "https://r.test/v2/token", "https://r.test/v2/auth",
            "https://r.test/oauth2/token",
        ] {
            #expect(
                redactor.treatment(of: .server, request: Canary.request(url), response: good) != .verbatim, "\(url)")
        }
        let bad = ResponseHead(status: 403, reason: "", version: "HTTP/1.1", fields: [])
        #expect(redactor.treatment(of: .server, request: manifest, response: bad) != .verbatim)
    }

    @Test(arguments: [
        "https://r.test/v2/token/tags", "https://r.test/v2/blobs/login", "https://r.test/v2/a/blobs/uploads/x/token",
        "https://r.test/v2/manifests/token", "https://r.test/v2/users/login", "https://r.test/v2/",
    ])
    func `a path that only sounds like registry content is looked through`(url: String) {
        let good = Canary.response(200, "application/json")
        let treatment = Canary.redactor().treatment(of: .server, request: Canary.request(url), response: good)
        #expect(treatment != .verbatim)
    }

    @Test func `a blob is known by its redirect, whatever its type`() {
        var redactor = Canary.redactor()
        let place = "https://s.test/b?sig=secret"
        let good = Canary.response(200, "application/json")
        #expect(redactor.treatment(of: .server, request: Canary.request(place), response: good) != .verbatim)
        let redirect = Canary.response(307, nil, [FieldLine("Location", place)])
        _ = redactor.redact(redirect, to: Canary.request("https://r.test/v2/a/blobs/sha256:01"))
        #expect(redactor.treatment(of: .server, request: Canary.request(place), response: good) == .verbatim)
        let refused = Canary.response(403, "application/xml")
        #expect(redactor.treatment(of: .server, request: Canary.request(place), response: refused) != .verbatim)
    }

    @Test func `uploads and manifests are kept as sent, forms are not`() {
        let redactor = Canary.redactor()
        for url in ["https://r.test/v2/a/b/blobs/uploads/1?digest=x", "https://r.test/v2/a/manifests/1"] {
            let put = Canary.request(url, method: "PUT")
            #expect(redactor.treatment(of: .client, request: put, response: nil) == .verbatim)
        }
        let form = Canary.request(
            "https://r.test/v2/a/manifests/1", method: "POST",
            [FieldLine("content-type", "application/x-www-form-urlencoded")])
        #expect(redactor.treatment(of: .client, request: form, response: nil) != .verbatim)
    }
}
