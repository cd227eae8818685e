public import NIOSSL
import SwiftASN1
public import TapeModel
import X509

/// Judges the certificate chains of origins, and says in words what is wrong with a bad one.
///
/// Trusted are the system's roots and those of `--upstream-ca`, and nothing else: `SSL_CERT_FILE` is not looked at,
/// because in a shell where it names our own CA for clients, we would trust ourselves. Revocation is not checked:
/// container clients do not check it either, so a trace that failed for it would mislead.
public struct OriginTrust: Sendable {
    public enum Verdict: Sendable {
        case trusted
        case refused(ExchangeError)
    }

    private let roots: CertificateStore
    private let additional: Set<Certificate>

    /// The system's roots, and those of a PEM file where one is given.
    public init(additionalRoots path: String?) throws(ListenerError) {
        var roots = CertificateStore.systemTrustRoots
        var extra: [Certificate] = []
        if let path {
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
        additional = Set(extra)
    }

    /// What the presented chain says of itself, leaf first, and whether it may stand for `host` now.
    public func judge(
        _ presented: [NIOSSLCertificate], host: String, at now: Instant
    ) async -> (summaries: [CertificateSummary], verdict: Verdict) {
        let chain = presented.compactMap { try? Certificate(derEncoded: $0.toDERBytes()) }
        let summaries = chain.map(CertificateSummary.init)
        guard let leaf = chain.first, chain.count == presented.count else {
            return (
                summaries,
                .refused(
                    Self.refusal(
                        "certificate-unreadable", host,
                        "presented a certificate that cannot be read; its form or its signature algorithm is unknown"))
            )
        }
        // A self-signed certificate that the user named is trusted for itself, although it is no authority: so do
        // Docker and all Go clients with such a file.
        if additional.contains(leaf) {
            let fault = ChainFault.first(in: [leaf], host: host, at: now)
            return (summaries, fault.map { .refused(Self.refusal($0, host)) } ?? .trusted)
        }
        let isAddress = HostName.addressOctets(of: host) != nil
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
            ServerUsagePolicy()
        }
        let result = await verifier.validate(
            leaf: leaf, intermediates: CertificateStore(chain.dropFirst()), diagnosticCallback: nil)
        switch result {
        case .validCertificate: return (summaries, .trusted)
        case .couldNotValidate(let failures):
            // A chain that reached a root of ours tells more than what was presented: the root's own limits.
            let reached = failures.first { $0.chain.count > 1 }.map { Array($0.chain) }
            return (summaries, .refused(Self.explain(chain, reached: reached, host: host, at: now)))
        }
    }

    /// The verifier proves; these are the words.
    private static func explain(
        _ chain: [Certificate], reached: [Certificate]?, host: String, at now: Instant
    ) -> ExchangeError {
        if let fault = ChainFault.first(in: reached ?? chain, host: host, at: now) { return refusal(fault, host) }
        guard reached == nil, let leaf = chain.first, let last = chain.last else {
            return refusal(
                "certificate-chain-invalid", host,
                "presented a chain that breaks a rule of RFC 5280, such as a name constraint of its authority")
        }
        let advice = "if that is your registry's own CA, start regtape with --upstream-ca and its PEM file"
        if leaf.issuer == leaf.subject {
            return refusal(
                "certificate-self-signed", host,
                "presented a certificate that it signed itself (\(leaf.subject)), which this machine does not trust; "
                    + "if it is your registry's own, start regtape with --upstream-ca and its PEM file")
        }
        let missing = chain.count == 1 ? ", or of one whose own certificate the server forgot to send" : ""
        return refusal(
            "certificate-unknown-authority", host,
            "presented a certificate of an authority that this machine does not trust (issuer \(last.issuer))\(missing); "
                + advice)
    }

    private static func refusal(_ fault: ChainFault, _ host: String) -> ExchangeError {
        refusal(fault.code, host, fault.what)
    }

    private static func refusal(_ code: String, _ host: String, _ what: String) -> ExchangeError {
        ExchangeError(party: .registry, code: code, detail: "\(host) \(what).")
    }
}
