import Crypto
public import NIOSSL
import SwiftASN1
public import TapeModel
import X509

/// Our certificate authority: made on this machine at first use, never shipped, never part of a tape.
///
/// P-256 throughout, because every container client verifies it and minting takes well under a millisecond.
public struct CertificateAuthority: Sendable {
    /// File to give to clients.
    public let certificatePath: String
    /// The certificate as PEM.
    public let certificatePEM: String

    private let certificate: Certificate
    private let key: Certificate.PrivateKey
    /// All leaves share one key: it never leaves this process, and making one a host would buy nothing.
    private let leafKey: P256.Signing.PrivateKey

    /// Ten years: a CA that runs out in the middle of a support case helps nobody.
    private static let lifetime: Int64 = 10 * 365 * 86_400
    /// Leaves live 30 days, far below the 199 days at which clients begin to refuse.
    private static let leafLifetime: Int64 = 30 * 86_400
    /// A day of grace backwards for clients whose clock is behind.
    private static let grace: Int64 = 86_400

    /// Reads the authority from `directory`, or makes it there.
    /// - Throws: `ListenerError` where it cannot be used, or has run out: nobody would trust what it makes.
    public static func open(in directory: String, at now: Instant) throws(ListenerError) -> CertificateAuthority {
        let files = AuthorityFiles(directory: directory)
        try files.prepare()
        if !files.areThere {
            try files.whileLocked { () throws(ListenerError) in
                // Another process may have made them meanwhile.
                if !files.areThere { try create(in: files, at: now) }
            }
        }
        let authority = try CertificateAuthority(files: files)
        guard now < authority.certificate.notValidAfter.instant else {
            throw ListenerError(
                .authorityUnusable,
                "the CA in \(directory) was valid until \(authority.certificate.notValidAfter.instant.dayText); delete "
                    + "ca.crt and ca.key there and a new one is made (clients must then be given the new ca.crt)")
        }
        return authority
    }

    private init(files: AuthorityFiles) throws(ListenerError) {
        let certificatePEM = try files.read(files.certificatePath)
        let keyPEM = try files.read(files.keyPath)
        do {
            certificate = try Certificate(pemEncoded: certificatePEM)
            key = try Certificate.PrivateKey(pemEncoded: keyPEM)
        } catch {
            throw ListenerError(
                .authorityUnusable,
                "\(files.directory) holds no usable CA; delete ca.crt and ca.key there and a new one is made "
                    + "(clients must then be given the new ca.crt)")
        }
        guard certificate.publicKey == key.publicKey else {
            throw ListenerError(
                .authorityUnusable, "ca.crt and ca.key in \(files.directory) do not belong together; delete both")
        }
        self.certificatePEM = certificatePEM
        certificatePath = files.certificatePath
        leafKey = P256.Signing.PrivateKey()
    }

    /// A server certificate for `host`, a DNS name or an address, with its key, ready for a TLS context.
    public func mintLeaf(
        for host: String, at now: Instant
    ) throws -> (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource) {
        let name: GeneralName =
            if let octets = HostName.addressOctets(of: host) {
                .ipAddress(ASN1OctetString(contentBytes: octets[...]))
            } else {
                .dnsName(host)
            }
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(leafKey.publicKey),
            notValidBefore: .init(instant: now, offset: -Self.grace),
            // A chain is judged whole: a leaf that claims to outlive its CA helps nobody.
            notValidAfter: min(.init(instant: now, offset: Self.leafLifetime), certificate.notValidAfter),
            issuer: certificate.subject,
            // A common name holds at most 64 characters (RFC 5280 appendix A.1); the name that counts is below.
            subject: DistinguishedName { CommonName(String(host.prefix(64))) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([name])
                AuthorityKeyIdentifier(
                    keyIdentifier: try certificate.extensions.subjectKeyIdentifier?.keyIdentifier)
            },
            issuerPrivateKey: key)
        return (
            [.certificate(try NIOSSLCertificate(bytes: leaf.derBytes(), format: .der))],
            .privateKey(try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der))
        )
    }

    private static func create(in files: AuthorityFiles, at now: Instant) throws(ListenerError) {
        do {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            let serial = Certificate.SerialNumber()
            let name = try DistinguishedName {
                OrganizationName("regtape")
                CommonName("regtape CA \(serial.description.prefix(8)) of this machine")
            }
            let certificate = try Certificate(
                version: .v3,
                serialNumber: serial,
                publicKey: key.publicKey,
                notValidBefore: .init(instant: now, offset: -grace),
                notValidAfter: .init(instant: now, offset: lifetime),
                issuer: name,
                subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: key.publicKey)
                },
                issuerPrivateKey: key)
            // The key first: a certificate without its key would be handed to clients in vain.
            try files.write(try key.serializeAsPEM().pemString + "\n", to: files.keyPath, mode: 0o600)
            try files.write(
                try certificate.serializeAsPEM().pemString + "\n", to: files.certificatePath, mode: 0o644)
        } catch let error as ListenerError {
            throw error
        } catch {
            throw ListenerError(.authorityUnusable, "cannot make a CA in \(files.directory): \(error)")
        }
    }
}

extension Certificate {
    func derBytes() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
