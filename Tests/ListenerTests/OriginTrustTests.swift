import Foundation
import Listener
import NIOSSL
import TapeModel
import TestSupport
import Testing

/// Chains as bad as they come (RELIABILITY.md P5), made by tools/lib/lab/chains.py with dates around now.
struct OriginTrustTests {
    /// What each bad chain is called on the tape.
    static let bad = [
        ("expired", "certificate-expired"), ("not-yet-valid", "certificate-not-yet-valid"),
        ("wrong-host", "certificate-name-mismatch"), ("wide-wildcard", "certificate-name-mismatch"),
        ("address-only", "certificate-name-mismatch"), ("common-name-only", "certificate-name-mismatch"),
        ("nul-in-name", "certificate-name-mismatch"), ("self-signed", "certificate-self-signed"),
        ("unknown-root", "certificate-unknown-authority"), ("missing-intermediate", "certificate-unknown-authority"),
        ("issuer-no-authority", "certificate-issuer-not-an-authority"),
        ("issuer-without-constraints", "certificate-issuer-not-an-authority"),
        ("issuer-may-not-sign", "certificate-issuer-not-an-authority"),
        ("issuer-for-mail", "certificate-wrong-purpose"), ("path-too-long", "certificate-path-too-long"),
        ("for-clients", "certificate-wrong-purpose"), ("for-signing-certificates", "certificate-wrong-purpose"),
        ("sha1", "certificate-weak-signature"), ("outside-constraint", "certificate-chain-invalid"),
        ("unknown-critical", "certificate-unknown-extension"),
    ]

    private static let made = Task { () async throws -> TemporaryDirectory in
        let directory = try TemporaryDirectory()
        let outcome = try await ChildProcess.run(
            "/usr/bin/python3", ["-W", "ignore", RepositoryRoot.path("tools/lib/lab/chains.py"), directory.path])
        try #require(outcome.succeeded, "\(outcome)")
        return directory
    }

    private func judge(
        _ name: String, trusting extra: String? = "ca", host: String = "registry.regtape.test"
    ) async throws -> (summaries: [CertificateSummary], refusal: ExchangeError?) {
        let directory = try await Self.made.value
        let trust = try OriginTrust(additionalRoots: extra.map { directory.entry($0 + ".crt") })
        let chain = try NIOSSLCertificate.fromPEMFile(directory.entry(name + ".crt"))
        let (summaries, verdict) = await trust.judge(chain, host: host, at: RecordingClock().now())
        if case .refused(let error) = verdict { return (summaries, error) }
        return (summaries, nil)
    }

    @Test(arguments: bad)
    func `a bad chain is refused for what is wrong with it`(name: String, code: String) async throws {
        let (summaries, refusal) = try await judge(name)
        let error = try #require(refusal, "\(name) was trusted")
        #expect(error.code == code, "\(error)")
        #expect(error.party == .registry)
        #expect(error.detail.hasPrefix("registry.regtape.test presented"), "\(error.detail)")
        // The tape says who that was, however bad the chain is.
        #expect(summaries.first?.subject.contains("CN=") == true)
    }

    @Test func `a certificate that cannot even be read is refused`() async throws {
        #expect(try await judge("sha1-ecdsa").refusal?.code == "certificate-unreadable")
    }

    @Test(arguments: ["good", "good-intermediate", "good-wildcard", "good-plain", "good-rsa"])
    func `a good chain is trusted, and by nobody who does not know its root`(name: String) async throws {
        #expect(try await judge(name).refusal == nil)
        #expect(try await judge(name, trusting: nil).refusal?.code == "certificate-unknown-authority")
    }

    @Test func `a self-signed certificate is trusted where the user named it, for its own host only`() async throws {
        #expect(try await judge("good-self-signed", trusting: "good-self-signed").refusal == nil)
        let other = try await judge("good-self-signed", trusting: "good-self-signed", host: "other.regtape.test")
        #expect(other.refusal?.code == "certificate-name-mismatch")
        #expect(try await judge("self-signed", trusting: "good-self-signed").refusal?.code == "certificate-self-signed")
    }

    @Test func `an address is matched with addresses, and never with names`() async throws {
        #expect(try await judge("address-only", host: "127.0.0.1").refusal == nil)
        #expect(try await judge("address-only", host: "127.0.0.2").refusal?.code == "certificate-name-mismatch")
        #expect(try await judge("good", host: "127.0.0.1").refusal?.code == "certificate-name-mismatch")
    }

    @Test func `the summary of a chain names every certificate that was presented`() async throws {
        let (summaries, _) = try await judge("path-too-long")
        #expect(summaries.map(\.subject) == ["CN=server", "CN=chains below tight", "CN=chains tight"])
        #expect(summaries.map(\.issuer) == ["CN=chains below tight", "CN=chains tight", "CN=chains root"])
        #expect(summaries[0].names == ["registry.regtape.test"])
    }
}
