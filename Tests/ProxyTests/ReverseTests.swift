import Listener
import Proxy
import Testing

/// Options of the two modes, parsed at the border.
struct ReverseTests {
    @Test(arguments: [
        ("registry.test:5000", "registry.test", 5000), ("[::1]:443", "::1", 443), ("127.0.0.1:1", "127.0.0.1", 1),
    ])
    func `a host and a port are an authority`(text: String, host: String, port: Int) throws {
        let authority = try #require(Authority(text, defaultPort: nil))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(arguments: [
        "", "registry.test", "registry.test:", "registry.test:0", "registry.test:65536", "a b:1", "*.test:1", "[::1:1",
        "user@registry.test:1", "registry.test:+1", "a\u{0}b:1",
    ])
    func `anything else is none`(text: String) {
        #expect(Authority(text, defaultPort: nil) == nil)
    }

    @Test func `a registry to stand in front of is an origin without a path`() {
        #expect(ReverseTarget(url: "https://registry.test")?.authority.port == 443)
        #expect(ReverseTarget(url: "http://registry.test:5000/")?.authority.port == 5000)
        #expect(ReverseTarget(url: "https://registry.test/v2/") == nil)
        #expect(ReverseTarget(url: "registry.test") == nil)
        #expect(ReverseTarget(url: "ftp://registry.test") == nil)
    }
}
