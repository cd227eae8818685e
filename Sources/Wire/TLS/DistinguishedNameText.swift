/// Names of certificates as text: RFC 4514, with what is not a common string printed as its octets.
enum DistinguishedNameText {
    private static let keys: [[UInt8]: String] = [
        [0x55, 4, 3]: "CN", [0x55, 4, 6]: "C", [0x55, 4, 7]: "L", [0x55, 4, 8]: "ST", [0x55, 4, 10]: "O",
        [0x55, 4, 11]: "OU", [0x55, 4, 9]: "STREET",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25]: "DC",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1]: "E",
    ]

    /// Nil where the element is no name.
    static func text(_ name: DERElement) -> String? {
        guard name.tag == 0x30, let sets = name.children else { return nil }
        var parts: [String] = []
        // Text has the last first (RFC 4514 §2.1).
        for set in sets.reversed() {
            guard set.tag == 0x31, let attributes = set.children else { return nil }
            var texts: [String] = []
            for attribute in attributes {
                guard let pair = attribute.children, pair.count == 2, let type = pair.first, type.tag == 0x06,
                    let value = pair.last
                else { return nil }
                texts.append("\(keys[Array(type.content)] ?? identifier(type.content))=\(escaped(string(value)))")
            }
            parts.append(texts.joined(separator: "+"))
        }
        return parts.joined(separator: ",")
    }

    private static func string(_ value: DERElement) -> String {
        switch value.tag {
        // UTF8String, PrintableString, IA5String
        case 0x0C, 0x13, 0x16: String(decoding: value.content, as: UTF8.self)
        default: "ASN1Any(\(Array(value.octets)))"
        }
    }

    /// An object identifier in dotted form.
    private static func identifier(_ octets: ArraySlice<UInt8>) -> String {
        var numbers: [UInt64] = []
        var value: UInt64 = 0
        for octet in octets {
            value = value << 7 | UInt64(octet & 0x7F)
            guard octet < 0x80 else { continue }
            if numbers.isEmpty {
                let first = min(value / 40, 2)
                numbers = [first, value - first * 40]
            } else {
                numbers.append(value)
            }
            value = 0
        }
        return numbers.map(String.init).joined(separator: ".")
    }

    private static func escaped(_ text: String) -> String {
        let octets = Array(text.utf8)
        let leading = octets.prefix { $0 == 0x20 || $0 == 0x23 }.count
        let trailing = octets.dropFirst(leading).reversed().prefix { $0 == 0x20 }.count
        var escaped: [UInt8] = []
        for (index, octet) in octets.enumerated() {
            let isSpecial = [0x2C, 0x2B, 0x22, 0x5C, 0x3C, 0x3E, 0x3B].contains(octet)
            if index < leading || index >= octets.count - trailing || isSpecial { escaped.append(0x5C) }
            escaped.append(octet)
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
