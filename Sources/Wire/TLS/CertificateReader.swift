public import TapeModel

/// Reads what a tape tells of a certificate out of its DER (RFC 5280 §4.1), in the words of the proxy's tapes.
public enum CertificateReader {
    /// Nil where the octets are no certificate.
    public static func summary(_ der: [UInt8]) -> CertificateSummary? {
        var octets = der[...]
        guard let certificate = DERElement.first(&octets), certificate.tag == 0x30,
            let signed = certificate.children?.first, signed.tag == 0x30, var fields = signed.children?[...]
        else { return nil }
        if fields.first?.tag == 0xA0 { fields.removeFirst() }
        // Serial number and algorithm stand before the issuer.
        fields = fields.dropFirst(2)
        guard let issuer = fields.popFirst().flatMap(DistinguishedNameText.text),
            let validity = fields.popFirst()?.children, validity.count == 2,
            let notBefore = validity.first.flatMap(time), let notAfter = validity.last.flatMap(time),
            let subject = fields.popFirst().flatMap(DistinguishedNameText.text)
        else { return nil }
        let extensions = fields.first { $0.tag == 0xA3 }?.children?.first
        let names = extensions.map(alternativeNames) ?? []
        return CertificateSummary(
            subject: subject, issuer: issuer, names: names, notBefore: notBefore, notAfter: notAfter)
    }

    private static func alternativeNames(_ extensions: DERElement) -> [String] {
        for field in extensions.children ?? [] {
            // subjectAltName, 2.5.29.17
            guard let parts = field.children, let identifier = parts.first, identifier.tag == 0x06,
                Array(identifier.content) == [0x55, 0x1D, 0x11], let value = parts.last, value.tag == 0x04
            else { continue }
            var content = value.content
            return (DERElement.first(&content)?.children ?? []).compactMap { name in
                switch name.tag {
                case 0x82: String(validating: name.content, as: UTF8.self)
                case 0x87: addressText(Array(name.content))
                default: nil
                }
            }
        }
        return []
    }

    private static func addressText(_ octets: [UInt8]) -> String? {
        if octets.count == 4 { return octets.map(String.init).joined(separator: ".") }
        guard octets.count == 16 else { return nil }
        var cursor = OctetCursor(octets[...])
        var groups: [String] = []
        while let group = cursor.integer(octets: 2) { groups.append(String(group, radix: 16)) }
        return groups.joined(separator: ":")
    }

    /// UTCTime or GeneralizedTime, both in Zulu (RFC 5280 §4.1.2.5).
    private static func time(_ element: DERElement) -> Instant? {
        var digits = element.content
        guard digits.popLast() == 0x5A, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var values = digits.map { Int64($0) - 0x30 }[...]
        func pair() -> Int64 { (values.popFirst() ?? 0) * 10 + (values.popFirst() ?? 0) }
        var year: Int64
        switch (element.tag, values.count) {
        case (0x17, 12):
            year = pair()
            year += year < 50 ? 2000 : 1900
        case (0x18, 14): year = pair() * 100 + pair()
        default: return nil
        }
        let (month, day, hour, minute, second) = (pair(), pair(), pair(), pair(), pair())
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60 else { return nil }
        // Days of the civil calendar since 1970, with years that begin in March so that the leap day is the last.
        let marchYear = month > 2 ? year : year - 1
        let marchMonth = (month + 9) % 12
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        let days = 365 * marchYear + leapDays + (153 * marchMonth + 2) / 5 + day - 1 - 719_468
        return Instant(microseconds: ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000)
    }
}
