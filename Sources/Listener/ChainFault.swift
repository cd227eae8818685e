import SwiftASN1
import TapeModel
import X509

/// What is wrong with a chain that an origin presented, leaf first, in a code and in words.
///
/// The facts come in the order in which a person would want to hear them; the first that is wrong by itself is named.
struct ChainFault {
    /// A stable word in kebab case.
    let code: String
    /// The rest of a sentence that begins with the origin's name.
    let what: String

    /// Nothing where the chain is right in all that can be said without knowing whom we trust.
    static func first(in chain: [Certificate], host: String, at now: Instant) -> ChainFault? {
        dates(chain, now) ?? names(chain, host) ?? usage(chain)
    }

    private static func dates(_ chain: [Certificate], _ now: Instant) -> ChainFault? {
        for certificate in chain {
            let subject = certificate.subject.description
            let (begin, end) = (certificate.notValidBefore.instant, certificate.notValidAfter.instant)
            if now > end {
                return ChainFault(
                    code: "certificate-expired",
                    what: "presented the certificate \(subject), which expired on \(end.dayText)")
            }
            if now < begin {
                return ChainFault(
                    code: "certificate-not-yet-valid",
                    what: "presented the certificate \(subject), which is not valid before \(begin.dayText); "
                        + "compare this machine's clock")
            }
        }
        return nil
    }

    private static func names(_ chain: [Certificate], _ host: String) -> ChainFault? {
        let names = chain.first.map(CertificateSummary.init)?.names ?? []
        guard !names.contains(where: { CertificateName.matches($0, host) }) else { return nil }
        // A common name is no name any more: Go clients refuse it, and so would the client without us.
        let words = names.isEmpty ? "no name at all (subjectAltName)" : names.prefix(8).joined(separator: ", ")
        return ChainFault(
            code: "certificate-name-mismatch",
            what: "presented a certificate that is valid for \(words), not for \(host)")
    }

    /// What certificates may be used for, as container clients check it: Go's crypto/x509, and OpenSSL.
    static func usage(_ chain: [Certificate]) -> ChainFault? {
        for (place, certificate) in chain.enumerated() {
            let isRoot = place > 0 && certificate.issuer == certificate.subject
            if let fault = weakness(certificate, isRoot) ?? demand(certificate)
                ?? purpose(certificate, isLeaf: place == 0)
            {
                return fault
            }
            // A root may be older than these rules; it is trusted by itself.
            if place > 0, !isRoot, let fault = authority(certificate) { return fault }
        }
        return pathLength(chain)
    }

    /// A root's own signature proves nothing and is not looked at.
    private static func weakness(_ certificate: Certificate, _ isRoot: Bool) -> ChainFault? {
        let strong: [Certificate.SignatureAlgorithm] = [
            .ecdsaWithSHA256, .ecdsaWithSHA384, .ecdsaWithSHA512, .sha256WithRSAEncryption, .sha384WithRSAEncryption,
            .sha512WithRSAEncryption, .ed25519,
        ]
        guard !isRoot, !strong.contains(certificate.signatureAlgorithm) else { return nil }
        return ChainFault(
            code: "certificate-weak-signature",
            what: "presented the certificate \(certificate.subject), whose signature "
                + "(\(certificate.signatureAlgorithm)) is too weak to be trusted")
    }

    /// A critical extension must be understood by whoever accepts the certificate (RFC 5280 §4.2).
    private static func demand(_ certificate: Certificate) -> ChainFault? {
        let understood: Set<ASN1ObjectIdentifier> = [
            .X509ExtensionID.basicConstraints, .X509ExtensionID.nameConstraints, .X509ExtensionID.keyUsage,
            .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
        ]
        guard let odd = certificate.extensions.first(where: { $0.critical && !understood.contains($0.oid) }) else {
            return nil
        }
        return ChainFault(
            code: "certificate-unknown-extension",
            what: "presented the certificate \(certificate.subject) with the critical extension \(odd.oid), "
                + "which nobody here understands")
    }

    private static func purpose(_ certificate: Certificate, isLeaf: Bool) -> ChainFault? {
        let purposes = (try? certificate.extensions.extendedKeyUsage) ?? nil
        let isForServers = purposes.map { $0.contains(.serverAuth) || $0.contains(.any) } ?? true
        let keyUsage = (try? certificate.extensions.keyUsage) ?? nil
        let mayShake = keyUsage.map { $0.digitalSignature || $0.keyEncipherment || $0.keyAgreement } ?? true
        guard !isForServers || (isLeaf && !mayShake) else { return nil }
        return ChainFault(
            code: "certificate-wrong-purpose",
            what: "presented the certificate \(certificate.subject), which was not made for a TLS server "
                + "(key usage, extended key usage)")
    }

    private static func authority(_ certificate: Certificate) -> ChainFault? {
        let keyUsage = (try? certificate.extensions.keyUsage) ?? nil
        if case .isCertificateAuthority? = try? certificate.extensions.basicConstraints, keyUsage?.keyCertSign ?? true {
            return nil
        }
        return ChainFault(
            code: "certificate-issuer-not-an-authority",
            what: "presented a chain in which \(certificate.subject) issued a certificate without being an authority")
    }

    /// RFC 5280 §4.2.1.9.
    private static func pathLength(_ chain: [Certificate]) -> ChainFault? {
        var below = 0
        for certificate in chain.dropFirst() {
            if case .isCertificateAuthority(maxPathLength: let limit?)? = try? certificate.extensions.basicConstraints,
                limit < below
            {
                return ChainFault(
                    code: "certificate-path-too-long",
                    what:
                        "presented a chain of \(below) authorities below \(certificate.subject), which allows \(limit)")
            }
            if certificate.issuer != certificate.subject { below += 1 }
        }
        return nil
    }
}

/// The part of our judgement that the library's policies leave out, as one of them.
struct ServerUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        if let fault = ChainFault.usage(Array(chain)) { return .failsToMeetPolicy(reason: "\(fault.code)") }
        // The library takes a common name where there is no subjectAltName; clients do not.
        guard let names = try? chain.leaf.extensions.subjectAlternativeNames, !names.isEmpty else {
            return .failsToMeetPolicy(reason: "no subjectAltName")
        }
        return .meetsPolicy
    }
}
