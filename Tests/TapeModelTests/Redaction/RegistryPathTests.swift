import TapeModel
import Testing

/// What is kept as it was sent is what a digest speaks for, and the path says which that is.
struct RegistryPathTests {
    @Test(arguments: [
        "https://r.test/v2/a/manifests/1", "/v2/a/b/manifests/sha256:0", "https://r.test/v2/a/blobs/sha256:0?x=/y",
        "/v2/a/blobs/uploads/", "/v2/a/blobs/uploads", "/v2/a/blobs/uploads/7?_state=1", "/v2/a/tags/list?n=2#f",
        "/v2/_catalog", "/v2//_catalog/", "/v2/a/referrers/sha256:0", "/v2/a//manifests//1",
    ])
    func `content is content`(url: String) {
        #expect(isContent(url, "GET"))
        #expect(!isContent(url, "HEAD"))
    }

    @Test(arguments: [
        "", "/", "https://r.test", "https://r.test?/v2/a/manifests/1", "/v2/", "/v2/token", "/v2/manifests/token",
        "/v2/blobs/uploads", "/v2/a/tags/token", "/v2/uploads/7", "/v2/a/uploads/7", "/x/v2/a/manifests/1", "/v2",
        "/v2/a/manifests", "/v1/a/manifests/1", "/v2/a/blobs?/uploads/", "/v2/_catalog/x", "/V2/a/manifests/1",
    ])
    func `nothing else is`(url: String) {
        #expect(!isContent(url, "GET"))
    }

    private func isContent(_ url: String, _ method: String) -> Bool {
        let request = Canary.request(url, method: method)
        return Canary.redactor().treatment(of: .client, request: request, response: nil) == .verbatim
    }
}
