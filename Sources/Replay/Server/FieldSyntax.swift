import TapeModel

/// What a header section may consist of, by the words of RFC 9110; everything else could be read in two ways by somebody.
enum FieldSyntax {
    /// Of HTTP/2: its name in small letters and its value without blanks around it (RFC 9113 §8.2.1).
    static func isField(_ field: FieldLine) -> Bool {
        guard isToken(field.name), !field.name.utf8.contains(where: { (0x41...0x5A).contains($0) }),
            isValue(field.value)
        else { return false }
        return !isBlank(field.value.utf8.first) && !isBlank(field.value.utf8.last)
    }

    /// RFC 9110 §5.6.2.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { octet in
                switch octet {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
                default: false
                }
            }
    }

    /// Whether no octet of it could end the line, or is forbidden in one (RFC 9110 §5.5).
    static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    private static func isBlank(_ octet: UInt8?) -> Bool { octet == 0x20 || octet == 0x09 }
}
