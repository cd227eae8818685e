public import NIOSSL
import SwiftASN1
public import TapeModel
import X509

/// Judges the certificate chains of origins, and says in words what is wrong with a bad one.
public struct OriginTrust: Sendable {
    public enum Verdict: Sendable {
        case trusted
        case refused(ExchangeError)
    }

    private let roots: CertificateStore

    /// The system's roots, and those of a PEM file where one is given.
    public init(additionalRoots path: String?) throws(ListenerError) {
        var roots = CertificateStore.systemTrustRoots
        if let path {
            let extra: [Certificate]
            do {
                let text = try AuthorityFiles(directory: "").read(path)
                extra = try PEMBlocks.certificates(in: text).map { try Certificate(pemEncoded: $0) }
            } catch let error as ListenerError {
                throw ListenerError(.badCertificates, error.detail)
            } catch {
                throw ListenerError(.badCertificates, "\(path) holds a certificate that cannot be read: \(error)")
            }
            guard !extra.isEmpty else {
                throw ListenerError(
                    .badCertificates,
                    "\(path) holds no certificate; --upstream-ca takes a PEM file with -----BEGIN CERTIFICATE----- blocks"
                )
            }
            roots.append(contentsOf: extra)
        }
        self.roots = roots
    }

    /// What the presented chain says of itself, leaf first, and whether it may stand for `host` now.
    public func judge(
        _ presented: [NIOSSLCertificate], host: String, at now: Instant
    ) async -> (summaries: [CertificateSummary], verdict: Verdict) {
        let chain = presented.compactMap { try? Certificate(derEncoded: $0.toDERBytes()) }
        let summaries = chain.map(CertificateSummary.init)
        guard let leaf = chain.first, chain.count == presented.count else {
            return (
                summaries, .refused(Self.refusal("certificate-unreadable", host, "presented no readable certificate"))
            )
        }
        let isAddress = HostName.addressOctets(of: host) != nil
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
        }
        let result = await verifier.validate(
            leaf: leaf, intermediates: CertificateStore(chain.dropFirst()), diagnosticCallback: nil)
        switch result {
        case .validCertificate: return (summaries, .trusted)
        case .couldNotValidate: return (summaries, .refused(Self.explain(summaries, host: host, at: now)))
        }
    }

    /// The verifier proves; these are the words.
    ///
    /// The first fact that is wrong by itself is the one to name.
    static func explain(_ chain: [CertificateSummary], host: String, at now: Instant) -> ExchangeError {
        guard let leaf = chain.first else { return refusal("certificate-unreadable", host, "presented no certificate") }
        for certificate in chain {
            if now > certificate.notAfter {
                return refusal(
                    "certificate-expired", host,
                    "presented the certificate \(certificate.subject), which expired on \(certificate.notAfter.dayText)"
                )
            }
            if now < certificate.notBefore {
                return refusal(
                    "certificate-not-yet-valid", host,
                    "presented the certificate \(certificate.subject), which is not valid before "
                        + "\(certificate.notBefore.dayText); compare this machine's clock")
            }
        }
        if !leaf.names.contains(where: { CertificateName.matches($0, host) }) {
            let names = leaf.names.isEmpty ? "no name at all" : leaf.names.prefix(8).joined(separator: ", ")
            return refusal(
                "certificate-name-mismatch", host, "presented a certificate that is valid for \(names), not for \(host)"
            )
        }
        let last = chain.last ?? leaf
        return refusal(
            "certificate-unknown-authority", host,
            "presented a certificate of an authority that this machine does not trust (issuer \(last.issuer)); "
                + "if that is your registry's own CA, start regtape with --upstream-ca and its PEM file")
    }

    private static func refusal(_ code: String, _ host: String, _ what: String) -> ExchangeError {
        ExchangeError(party: .registry, code: code, detail: "\(host) \(what).")
    }
}
