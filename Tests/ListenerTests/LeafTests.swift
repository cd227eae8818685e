import Foundation
import Listener
import NIOSSL
import SwiftASN1
import TapeModel
import TestSupport
import Testing
import X509

/// The certificates that clients are shown, and what is not made for them (RELIABILITY.md P3, P4).
struct LeafTests {
    private let directory: TemporaryDirectory
    private let authority: CertificateAuthority
    private let now = RecordingClock().now()

    init() throws {
        directory = try TemporaryDirectory()
        authority = try CertificateAuthority.open(in: directory.entry("ca"), at: now)
    }

    private func mint(_ host: String) throws -> Certificate {
        let chain = try authority.mintLeaf(for: host, at: now).chain
        let leaf = try #require(chain.compactMap { if case .certificate(let leaf) = $0 { leaf } else { nil } }.first)
        return try Certificate(derEncoded: leaf.toDERBytes())
    }

    @Test(arguments: ["registry.regtape.test", "127.0.0.1", "::1", String(repeating: "a.", count: 100) + "test"])
    func `a leaf stands for its host, now, and for less than 199 days`(host: String) async throws {
        let leaf = try mint(host)
        let days = leaf.notValidAfter.timeIntervalSince(leaf.notValidBefore) / 86_400
        #expect(days < 199)
        #expect(leaf.notValidBefore.timeIntervalSinceNow < -3_600)
        // Judged as strictly as any origin's certificate.
        let trust = try OriginTrust(additionalRoots: authority.certificatePath)
        let presented = try NIOSSLCertificate(bytes: Self.der(leaf), format: .der)
        guard case .trusted = await trust.judge([presented], host: host, at: now).verdict else {
            Issue.record("the leaf for \(host) is not trusted with our CA")
            return
        }
    }

    @Test func `two leaves have two serial numbers`() throws {
        #expect(try mint("a.test").serialNumber != mint("a.test").serialNumber)
    }

    @Test func `the same host and protocol share a context, another protocol does not`() throws {
        let leaves = LeafContexts(authority: authority, keyLog: nil)
        let first = try leaves.context(for: "a.test", alpn: "h2", at: now)
        #expect(try leaves.context(for: "a.test", alpn: "h2", at: now) === first)
        #expect(try leaves.context(for: "a.test", alpn: nil, at: now) !== first)
        let week = Instant(microseconds: now.microseconds + 8 * 86_400 * 1_000_000)
        #expect(try leaves.context(for: "a.test", alpn: "h2", at: week) !== first, "a leaf must not grow old")
    }

    @Test func `a client that invents names makes us forget, not grow`() throws {
        let leaves = LeafContexts(authority: authority, keyLog: nil)
        let first = try leaves.context(for: "first.test", alpn: nil, at: now)
        var last: NIOSSLContext?
        for number in 0..<1_000 { last = try leaves.context(for: "n\(number).test", alpn: nil, at: now) }
        #expect(try leaves.context(for: "n999.test", alpn: nil, at: now) === last)
        #expect(try leaves.context(for: "first.test", alpn: nil, at: now) !== first)
    }

    @Test(arguments: [
        "*.test", "a\u{0}b.test", "", ".", "a..test", String(repeating: "a", count: 4_096), "a b.test", "ä.test",
        String(repeating: "a", count: 64) + ".test", "a.test\n", "a/b",
    ])
    func `nothing is minted for what is no host name`(host: String) {
        let leaves = LeafContexts(authority: authority, keyLog: nil)
        #expect(throws: ListenerError.self) { try leaves.context(for: host, alpn: nil, at: now) }
        #expect(!HostName.isName(host))
    }

    @Test func `an address is a host and no name`() {
        for host in ["127.0.0.1", "::1", "fe80::1"] {
            #expect(HostName.isValid(host))
            #expect(!HostName.isName(host))
        }
    }

    @Test func `an authority that has run out is refused with what to do, and its last leaf ends with it`() throws {
        func later(_ days: Int64) -> Instant {
            Instant(microseconds: now.microseconds + days * 86_400 * 1_000_000)
        }
        let twoYears = try CertificateAuthority.open(in: directory.entry("ca"), at: later(730))
        #expect(twoYears.certificatePEM == authority.certificatePEM)
        #expect {
            try CertificateAuthority.open(in: directory.entry("ca"), at: later(3_651))
        } throws: { error in
            (error as? ListenerError)?.code == .authorityUnusable && "\(error)".contains("delete ca.crt and ca.key")
        }
        let certificate = try Certificate(pemEncoded: authority.certificatePEM)
        let chain = try authority.mintLeaf(for: "a.test", at: later(3_640)).chain
        let leaf = try #require(chain.compactMap { if case .certificate(let leaf) = $0 { leaf } else { nil } }.first)
        #expect(try Certificate(derEncoded: leaf.toDERBytes()).notValidAfter == certificate.notValidAfter)
    }

    private static func der(_ certificate: Certificate) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
