import Foundation
import Listener
import Proxy
import TapeModel
import Testing
import Wire

/// What a client in front of a registry is told, and where it can get to.
struct MessageReverseTests {
    private let places = ReversePlaces()
    private let base = "http://localhost:5000"

    private func rewriter() throws -> ReverseRewriter {
        ReverseRewriter(target: try #require(ReverseTarget(url: "https://registry.test")), places: places)
    }

    /// The value that the client sees of a response field.
    private func seen(
        _ name: String, _ value: String, at path: String = "/v2/", base: String? = "http://localhost:5000"
    ) throws -> String {
        let rewriter = try rewriter()
        let source = try rewriter.destination(of: path, host: "localhost:5000")
        return rewriter.responseFields([FieldLine(name, value)], from: source, base: base)[0].value
    }

    @Test(arguments: [
        (
            "https://registry.test/v2/a/blobs/uploads/1?_state=x%2Fy==&a=b",
            "http://localhost:5000/v2/a/blobs/uploads/1?_state=x%2Fy==&a=b"
        ),
        ("https://registry.test:443/v2/", "http://localhost:5000/v2/"),
        ("HTTPS://Registry.TEST/v2/", "http://localhost:5000/v2/"),
        ("https://registry.test", "http://localhost:5000/"),
        ("https://registry.test?x=1", "http://localhost:5000/?x=1"),
        ("https://registry.test/v2/#f", "http://localhost:5000/v2/#f"),
        ("//registry.test/v2/", "http://localhost:5000/v2/"),
        ("/v2/a/blobs/uploads/1?_state=x", "/v2/a/blobs/uploads/1?_state=x"),
        ("uploads/1?_state=x", "uploads/1?_state=x"),
        ("../1", "../1"), ("?_state=x", "?_state=x"), ("", ""),
        ("http://registry.test/v2/", "http://localhost:5000/_regtape/host/http/registry.test:80/v2/"),
        ("https://registry.test:8443/v2/", "http://localhost:5000/_regtape/host/https/registry.test:8443/v2/"),
        ("https://blobs.test/x?sig=a%2Bb", "http://localhost:5000/_regtape/host/https/blobs.test:443/x?sig=a%2Bb"),
        ("https://[::1]:8443/x", "http://localhost:5000/_regtape/host/https/[::1]:8443/x"),
        ("https://user:secret@blobs.test/x", "http://localhost:5000/_regtape/host/https/blobs.test:443/x"),
        ("https://registry.test@evil.test/x", "http://localhost:5000/_regtape/host/https/evil.test:443/x"),
        (
            "https://evil.test#@registry.test/x",
            "http://localhost:5000/_regtape/host/https/evil.test:443/#@registry.test/x"
        ),
        ("//blobs.test/x", "http://localhost:5000/_regtape/host/https/blobs.test:443/x"),
        ("urn:uuid:1", "urn:uuid:1"), ("ftp://blobs.test/x", "ftp://blobs.test/x"),
    ])
    func `a Location leads back to us, whatever its shape`(value: String, expected: String) throws {
        for name in ["Location", "location", "Content-Location"] { #expect(try seen(name, value) == expected) }
    }

    @Test(arguments: [
        ("/next?x=1", "/_regtape/host/https/blobs.test:443/next?x=1"), ("next", "next"), ("?x=1", "?x=1"),
        ("../next", "/_regtape/host/https/blobs.test:443/next"),
        ("../../../../../../next?a=../b", "/_regtape/host/https/blobs.test:443/next?a=../b"),
        ("x/../../y/.", "/_regtape/host/https/blobs.test:443/y"),
        ("//other.test/x", "http://localhost:5000/_regtape/host/https/other.test:443/x"),
        ("https://registry.test/v2/", "http://localhost:5000/v2/"),
        ("https://blobs.test/z", "http://localhost:5000/_regtape/host/https/blobs.test:443/z"),
    ])
    func `a Location of another place stays with that place`(value: String, expected: String) throws {
        _ = try seen("Location", "https://blobs.test/a/b")
        #expect(try seen("Location", value, at: "/_regtape/host/https/blobs.test:443/a/b?c=/d/e") == expected)
    }

    @Test func `without a Host our own URLs have a path only`() throws {
        #expect(try seen("Location", "https://registry.test/v2/", base: nil) == "/v2/")
        #expect(try seen("Location", "https://blobs.test/x", base: nil) == "/_regtape/host/https/blobs.test:443/x")
    }

    @Test(arguments: [
        ("</v2/_catalog?last=a>; rel=\"next\"", "</v2/_catalog?last=a>; rel=\"next\""),
        (
            "<https://registry.test/v2/a/tags/list?n=1&last=b>; rel=\"next\"",
            "<http://localhost:5000/v2/a/tags/list?n=1&last=b>; rel=\"next\""
        ),
        (
            "<https://registry.test/1>; rel=\"next\", <https://other.test/2>; rel=\"<https://kept.test/>\"",
            "<http://localhost:5000/1>; rel=\"next\", <http://localhost:5000/_regtape/host/https/other.test:443/2>; rel=\"<https://kept.test/>\""
        ),
        ("<https://registry.test/1", "<https://registry.test/1"), ("nothing", "nothing"),
    ])
    func `every URL of a Link leads back to us`(value: String, expected: String) throws {
        #expect(try seen("Link", value) == expected)
    }

    private static let token = "http://localhost:5000/_regtape/host/https/auth.test:443/token"

    @Test(arguments: [
        ("Bearer realm=\"https://auth.test/token\",service=\"s\"", "Bearer realm=\"\(token)\",service=\"s\""),
        ("bearer Realm=\"https://auth.test/token\"", "bearer Realm=\"\(token)\""),
        (
            "BEARER service=\"s\", REALM = \"https://auth.test/token\" , scope=\"a:b\"",
            "BEARER service=\"s\", REALM = \"\(token)\" , scope=\"a:b\""
        ),
        ("Bearer realm=https://auth.test/token,service=s", "Bearer realm=\"\(token)\",service=s"),
        ("Bearer realm=\"https:\\/\\/auth.test\\/token\"", "Bearer realm=\"\(token)\""),
        (
            "Bearer service=\"realm=\\\"https://no.test/\\\"\",realm=\"https://auth.test/token\"",
            "Bearer service=\"realm=\\\"https://no.test/\\\"\",realm=\"\(token)\""
        ),
        (
            "Basic realm=\"https://auth.test/token\",service=\"ecr.amazonaws.com\"",
            "Basic realm=\"https://auth.test/token\",service=\"ecr.amazonaws.com\""
        ),
        (
            "Basic realm=\"a\", Bearer realm=\"https://auth.test/token\", Basic realm=\"https://auth.test/token\"",
            "Basic realm=\"a\", Bearer realm=\"\(token)\", Basic realm=\"https://auth.test/token\""
        ),
        ("Negotiate abc==, Bearer realm=\"https://auth.test/token\"", "Negotiate abc==, Bearer realm=\"\(token)\""),
        ("Bearer realm=\"https://registry.test/oauth2/token\"", "Bearer realm=\"http://localhost:5000/oauth2/token\""),
        ("Bearer realm=\"/token\"", "Bearer realm=\"/token\""),
        ("Bearer realm=\"a registry\"", "Bearer realm=\"a registry\""),
        ("Bearer realm=\"https://auth.test/token", "Bearer realm=\"\(token)\""), ("Bearer", "Bearer"), ("", ""),
        ("=\"", "=\""),
        ("Bearer realm", "Bearer realm"), ("Bearer realm=", "Bearer realm="),
        ("\"Bearer realm=\"", "\"Bearer realm=\""),
    ])
    func `the realm of Bearer leads back to us and that of Basic is a name`(value: String, expected: String) throws {
        #expect(try seen("WWW-Authenticate", value) == expected)
        #expect(try seen("www-authenticate", value) == expected)
    }

    @Test(arguments: [
        "/_regtape/host/https/evil.test:443/", "/_regtape/host/https/evil.test/", "/_regtape/host/http/blobs.test:443/",
        "/_regtape/host/https/blobs.test:80/", "/_regtape/host/https/blobs.test:443@evil.test/",
        "/_regtape/host/https/user@blobs.test:443/", "/_regtape/host/https/blobs.test:443%2f@evil.test/",
        "/_regtape/host/https/blobs.test:443?x/", "/_regtape/host/https/blobs.test:443#x/", "/_regtape/host/https//x",
        "/_regtape/host/https/%62lobs.test:443/", "/_regtape/host/https", "/_regtape/host/", "/_regtape/host",
        "/_regtape/other", "/_regtape/", "/_regtape/host/ftp/blobs.test:443/", "/_regtape/host/https:/blobs.test:443/",
        "/_regtape/host/https/blobs.test:0443443/", "/_regtape/host/https/[blobs.test]:443/",
        "/_regtape/host/https/blobs.test.:443/",
    ])
    func `a place that no response has named cannot be reached`(path: String) throws {
        _ = try seen("Location", "https://blobs.test/x")
        let rewriter = try rewriter()
        #expect(throws: MessageRefusal.self) { try rewriter.destination(of: path, host: "localhost:5000") }
    }

    @Test func `a named place is reached for everything behind it, and only literally`() throws {
        _ = try seen("Location", "https://blobs.test/x")
        let rewriter = try rewriter()
        for path in ["https/blobs.test:443", "HTTPS/Blobs.Test:443", "https/blobs.test"] {
            let destination = try rewriter.destination(of: "/_regtape/host/\(path)/a/../b?c", host: nil)
            #expect(destination.place.description == "https://blobs.test")
            #expect(destination.target == "/a/../b?c")
        }
        // Elsewhere these are paths of the registry.
        for path in ["//evil.test/", "/v2/_regtape/host/https/evil.test:443/", "/_REGTAPE/host/https/evil.test:443/"] {
            let destination = try rewriter.destination(of: path, host: nil)
            #expect(destination.place.description == "https://registry.test")
            #expect(destination.target == path)
        }
    }

    @Test func `credentials go to the registry and to the very realm, and nowhere else`() throws {
        _ = try seen("WWW-Authenticate", "Bearer realm=\"https://auth.test/token\"")
        _ = try seen("Location", "https://auth.test/blob")
        _ = try seen("Location", "https://blobs.test/x")
        _ = try seen("Link", "<https://links.test/x>; rel=\"next\"")
        _ = try seen("WWW-Authenticate", "Basic realm=\"https://basic.test/token\"")
        let rewriter = try rewriter()
        let fields = [FieldLine("Authorization", "Basic eA=="), FieldLine("Cookie", "a=b"), FieldLine("Accept", "*/*")]
        for (path, passed) in [
            ("/v2/", ["Authorization", "Cookie", "Accept"]),
            ("/_regtape/host/https/auth.test:443/token", ["Authorization", "Accept"]),
            ("/_regtape/host/https/auth.test:443/token?scope=a", ["Authorization", "Accept"]),
            ("/_regtape/host/https/auth.test:443/blob", ["Accept"]),
            ("/_regtape/host/https/auth.test:443/token/", ["Accept"]),
            ("/_regtape/host/https/blobs.test:443/token", ["Accept"]),
            ("/_regtape/host/https/links.test:443/x", ["Accept"]),
        ] {
            let destination = try rewriter.destination(of: path, host: nil)
            #expect(rewriter.requestFields(fields, to: destination, base: base).map(\.name) == passed, "\(path)")
        }
        #expect(throws: MessageRefusal.self) {
            try rewriter.destination(of: "/_regtape/host/https/basic.test:443/token", host: nil)
        }
    }

    @Test(arguments: [
        ("http://localhost:5000/v2/a?b", "https://registry.test/v2/a?b"),
        ("http://localhost:5000", "https://registry.test"),
        ("http://localhost:5000/_regtape/host/https/blobs.test:443/x", "https://blobs.test/x"),
        ("http://localhost:50001/v2/", "http://localhost:50001/v2/"), ("null", "null"),
        ("https://other.test/", "https://other.test/"),
        (
            "http://localhost:5000/_regtape/host/https/evil.test:443/x",
            "http://localhost:5000/_regtape/host/https/evil.test:443/x"
        ),
    ])
    func `Referer and Origin name the upstream and not us`(value: String, expected: String) throws {
        _ = try seen("Location", "https://blobs.test/x")
        let rewriter = try rewriter()
        let destination = try rewriter.destination(of: "/v2/", host: nil)
        for name in ["Referer", "origin"] {
            let fields = rewriter.requestFields([FieldLine(name, value)], to: destination, base: base)
            #expect(fields == [FieldLine(name, expected)])
        }
    }

    @Test func `a thousand places are remembered and no more`() throws {
        for number in 0..<1_100 { _ = try seen("Location", "https://h\(number).test/x") }
        let rewriter = try rewriter()
        #expect(throws: Never.self) { try rewriter.destination(of: "/_regtape/host/https/h999.test:443/", host: nil) }
        #expect(throws: MessageRefusal.self) {
            try rewriter.destination(of: "/_regtape/host/https/h1000.test:443/", host: nil)
        }
    }
}
