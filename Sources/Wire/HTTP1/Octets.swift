/// Character classes of the HTTP grammars.
enum Octets {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")

    /// tchar (RFC 9110 §5.6.2).
    static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// field-vchar, SP and HTAB (RFC 9110 §5.5).
    static func isFieldValue(_ octet: UInt8) -> Bool {
        octet == tab || (octet >= 0x20 && octet != 0x7F)
    }

    /// The octets as text: UTF-8, or ISO 8859-1 where they are not.
    static func text(_ octets: ArraySlice<UInt8>) -> String {
        if let text = String(validating: octets, as: UTF8.self) { return text }
        var text = ""
        for octet in octets { text.unicodeScalars.append(Unicode.Scalar(octet)) }
        return text
    }

    /// One character for each octet, as ISO 8859-1 has them, whatever they mean.
    static func octetwise(_ octets: ArraySlice<UInt8>) -> String {
        guard octets.contains(where: { $0 >= 0x80 }) else { return String(decoding: octets, as: UTF8.self) }
        var text = ""
        for octet in octets { text.unicodeScalars.append(Unicode.Scalar(octet)) }
        return text
    }

    static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var octets = octets
        while let first = octets.first, first == space || first == tab { octets.removeFirst() }
        while let last = octets.last, last == space || last == tab { octets.removeLast() }
        return octets
    }

    /// Digits only, within 63 bits: nothing signed, padded or hexadecimal is a length (RFC 9110 §8.6).
    static func decimal(_ octets: some Collection<UInt8>) -> Int64? {
        guard !octets.isEmpty else { return nil }
        var value: Int64 = 0
        for octet in octets {
            guard (0x30...0x39).contains(octet) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) = product.addingReportingOverflow(Int64(octet &- 0x30))
            guard !overflowed, !overflowedAgain else { return nil }
            value = sum
        }
        return value
    }

    /// At most fifteen hexadecimal digits, which keeps a chunk below 2^60 octets (RFC 9112 §7.1).
    static func hexadecimal(_ octets: some Collection<UInt8>) -> Int64? {
        guard (1...15).contains(octets.count) else { return nil }
        var value: Int64 = 0
        for octet in octets {
            let digit: UInt8
            switch octet {
            case 0x30...0x39: digit = octet &- 0x30
            case 0x41...0x46: digit = octet &- 0x37
            case 0x61...0x66: digit = octet &- 0x57
            default: return nil
            }
            value = value << 4 | Int64(digit)
        }
        return value
    }
}
