import Diagnosis
import Interop
import Testing

/// What each client does when all is well, with its detours, and the whole catalogue over it.
///
/// Errors belong to these courses: a first 401, a token that is widened, a form that a server does not know, a look whether
/// something is there (REGISTRY-FACTS.md §2.5, §7.2 and the rows A02, D27 and F16 of §4).
struct HealthyClientTests {
    private func findings(_ text: String) throws -> [Finding] {
        RuleFixture.findings(of: try Transcript(parsing: text), rules: RuleCatalogue.ruleTypes)
    }

    private static let digest = "sha256:dc2a3e1f6b7a4c5d8e9f00112233445566778899aabbccddeeff001122334455"
    private static let challenge =
        #"Www-Authenticate: Bearer realm="https://auth.example/token",service="registry.example",scope="repository:app:"#
    private static let manifest =
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{"mediaType":"#
        + #""application/vnd.oci.image.layer.v1.tar+gzip","size":4,"digest":"\#(digest)"}]}"#

    /// One exchange with its fields, as transcripts have it.
    private static func exchange(
        _ request: String, _ status: String, client: String, sent: [String] = [], received: [String] = [],
        content: String = "", answer: String = ""
    ) -> String {
        var lines = ["> \(request) HTTP/1.1", "> User-Agent: \(client)"]
        lines += sent.map { "> " + $0 } + [">"] + (content.isEmpty ? [] : [content])
        lines += ["< HTTP/1.1 \(status)"] + received.map { "< " + $0 } + ["<"] + (answer.isEmpty ? [] : [answer])
        return lines.joined(separator: "\n") + "\n"
    }

    private static func token(_ scope: String, _ value: String, client: String) -> String {
        exchange(
            "GET https://auth.example/token?service=registry.example&scope=repository:app:\(scope)", "200 OK",
            client: client, sent: ["Authorization: Basic ‹basic:7f3a91c2›"],
            received: ["Content-Type: application/json"],
            answer: #"{"token":"\#(value)","expires_in":300}"#)
    }

    private static let unauthorized = #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#
    private static let json = "Content-Type: application/json; charset=utf-8"
    private static let version = "Docker-Distribution-Api-Version: registry/2.0"
    private static let one = "Authorization: Bearer ‹bearer:0c11aa70›"
    private static let two = "Authorization: Bearer ‹bearer:5e77d001›"

    private static func pull(_ client: String, bearer: String = "0c11aa70") -> [String] {
        [
            exchange(
                "HEAD https://registry.example/v2/app/manifests/v1", "401 Unauthorized", client: client,
                received: [version, json, challenge + #"pull""#]),
            token("pull", "‹bearer:\(bearer)›", client: client),
            exchange(
                "HEAD https://registry.example/v2/app/manifests/v1", "200 OK", client: client,
                sent: ["Authorization: Bearer ‹bearer:\(bearer)›"],
                received: [
                    version, "Content-Type: application/vnd.oci.image.manifest.v1+json", "Content-Length: 200",
                    "Docker-Content-Digest: sha256:9f8e7d6c5b4a39281706f5e4d3c2b1a00f1e2d3c4b5a69788796a5b4c3d2e1f0",
                ]),
            exchange(
                "GET https://registry.example/v2/app/manifests/v1", "200 OK", client: client,
                sent: ["Authorization: Bearer ‹bearer:\(bearer)›"],
                received: [version, "Content-Type: application/vnd.oci.image.manifest.v1+json"], answer: manifest),
        ]
    }

    private static func push(_ client: String) -> String {
        exchange(
            "HEAD https://registry.example/v2/app/blobs/\(digest)", "404 Not Found", client: client, sent: [one],
            received: [version])
            + exchange(
                "POST https://registry.example/v2/app/blobs/uploads/?mount=\(digest)&from=base", "401 Unauthorized",
                client: client, sent: [one],
                received: [version, json, challenge + #"pull,push",error="insufficient_scope""#], answer: unauthorized)
            + token("pull,push", "‹bearer:5e77d001›", client: client)
            + exchange(
                "POST https://registry.example/v2/app/blobs/uploads/?mount=\(digest)&from=base", "202 Accepted",
                client: client, sent: [two],
                received: [version, "Location: https://registry.example/v2/app/blobs/uploads/5f1e?_state=a"])
            + exchange(
                "PUT https://registry.example/v2/app/blobs/uploads/5f1e?_state=a&digest=\(digest)", "201 Created",
                client: client, sent: [two], received: [version], content: "abcd")
            + exchange(
                "PUT https://registry.example/v2/app/manifests/v1", "201 Created", client: client,
                sent: [two, "Content-Type: application/vnd.oci.image.manifest.v1+json"], received: [version],
                content: manifest)
    }

    @Test(
        arguments: [
            #"docker/27.3.1 os/linux arch/amd64 UpstreamClient(Docker-Client/27.3.1 \(linux\))"#, "containerd/v1.7.22",
            "skopeo/1.16.1", "libpod/5.2.2", "crane/v0.20.2 go-containerregistry/v0.20.2", "oras/1.2.0", "Helm/3.16.1",
            "buildkit/v0.16", "cri-o/1.30.0",
        ])
    func `a login, a pull, and a push whose token is widened and whose mount is not granted`(client: String) throws {
        let findings = try findings(Self.pull(client).joined() + Self.push(client))
        #expect(findings.isEmpty, "\(findings.transcript)")
    }

    @Test func `a ping that is answered by 401 and taken up with another request`() throws {
        let ping = Self.exchange(
            "GET https://registry.example/v2/", "401 Unauthorized", client: "skopeo/1.16.1",
            received: [
                Self.version, Self.json,
                #"Www-Authenticate: Bearer realm="https://auth.example/token",service="registry.example""#,
            ], answer: Self.unauthorized)
        let findings = try findings(ping + Self.pull("skopeo/1.16.1").dropFirst().joined())
        #expect(findings.isEmpty, "\(findings.transcript)")
    }

    @Test func `signatures, referrers and attachments that are not there, while the pull goes on`() throws {
        let client = "cosign/v2.4.0"
        let subject = "9f8e7d6c5b4a39281706f5e4d3c2b1a00f1e2d3c4b5a69788796a5b4c3d2e1f0"
        var text = Self.pull(client).joined()
        for path in [
            "referrers/sha256:\(subject)", "manifests/sha256-\(subject).sig", "manifests/sha256-\(subject).att",
        ] {
            text += Self.exchange(
                "GET https://registry.example/v2/app/\(path)", "404 Not Found", client: client, sent: [Self.one],
                received: [Self.version, Self.json],
                answer: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
        }
        let findings = try findings(text)
        #expect(findings.isEmpty, "\(findings.transcript)")
    }

    @Test func `a token that ended is renewed in the middle of a pull, which is worth a note at most`() throws {
        let client = "containerd/v1.7.22"
        let blob = "https://registry.example/v2/app/blobs/\(Self.digest)"
        let text =
            "* at 2026-11-23T10:00:00Z\n" + Self.pull(client).joined() + "* at 2026-11-23T10:06:00Z\n"
            + Self.exchange(
                "GET \(blob)", "401 Unauthorized", client: client, sent: [Self.one],
                received: [Self.version, Self.json, Self.challenge + #"pull",error="invalid_token""#],
                answer: Self.unauthorized)
            + Self.token("pull", "‹bearer:5e77d001›", client: client)
            + Self.exchange(
                "GET \(blob)", "200 OK", client: client, sent: [Self.two],
                received: [Self.version, "Content-Length: 4"], answer: "abcd")
        let heavy = try findings(text).filter { $0.severity > .note }
        #expect(heavy.isEmpty, "\(heavy.transcript)")
    }

    @Test func `two clients at one registry, whose requests are mixed, one of them with a login of its own`() throws {
        let exchanges = zip(Self.pull("docker/27.3.1"), Self.pull("crane/v0.20.2", bearer: "99aa0011"))
        let mixed = exchanges.map { $0 + $1 }.joined()
        let findings = try findings(mixed)
        #expect(findings.isEmpty, "\(findings.transcript)")
    }
}
