import SwiftASN1
import TapeModel
import X509

extension CertificateSummary {
    init(_ certificate: Certificate) {
        let alternatives = (try? certificate.extensions.subjectAlternativeNames) ?? nil
        let names: [String] = (alternatives ?? SubjectAlternativeNames()).compactMap { name in
            switch name {
            case .dnsName(let text): text
            case .ipAddress(let octets): CertificateName.addressText(Array(octets.bytes))
            default: nil
            }
        }
        self.init(
            subject: certificate.subject.description, issuer: certificate.issuer.description, names: names,
            notBefore: certificate.notValidBefore.instant, notAfter: certificate.notValidAfter.instant)
    }
}

/// Names inside certificates, compared as clients compare them (RFC 6125 §6.4).
enum CertificateName {
    /// Whether `pattern`, which may begin with one wildcard label, stands for `host`.
    static func matches(_ pattern: String, _ host: String) -> Bool {
        if pattern.equalsIgnoringASCIICase(host) { return true }
        guard pattern.hasPrefix("*."), HostName.addressOctets(of: host) == nil,
            let dot = host.firstIndex(of: ".")
        else { return false }
        return String(host[dot...]).equalsIgnoringASCIICase(String(pattern.dropFirst()))
    }

    static func addressText(_ octets: [UInt8]) -> String? {
        switch octets.count {
        case 4: return octets.map(String.init).joined(separator: ".")
        case 16:
            return stride(from: 0, to: 16, by: 2)
                .map { String(UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]), radix: 16) }
                .joined(separator: ":")
        default: return nil
        }
    }
}

/// Finds certificates in a PEM file that may hold comments, keys and blank lines as well.
enum PEMBlocks {
    static func certificates(in text: String) -> [String] {
        var blocks: [String] = []
        var current: [Substring]?
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN CERTIFICATE-----") { current = [] }
            current?.append(line)
            if line.hasPrefix("-----END CERTIFICATE-----"), let block = current {
                blocks.append(block.joined(separator: "\n") + "\n")
                current = nil
            }
        }
        return blocks
    }
}
