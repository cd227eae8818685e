/// A place of a field line at which any octet may stand, rightly or wrongly (RELIABILITY.md S7).
public enum FieldPlace: String, Sendable, CaseIterable {
    case nameFirst, nameMiddle, nameLast, valueFirst, valueMiddle, valueLast

    public func line(_ octet: UInt8) -> [UInt8] {
        let lines: (String, String) =
            switch self {
            case .nameFirst: ("", "x-y: a")
            case .nameMiddle: ("x", "y: a")
            case .nameLast: ("x-y", ": a")
            case .valueFirst: ("x-y: ", "a")
            case .valueMiddle: ("x-y: a", "b")
            case .valueLast: ("x-y: a", "")
            }
        return Array(lines.0.utf8) + [octet] + Array(lines.1.utf8)
    }

    /// The line as it goes on, written by the words of RFC 9110 §5.5 and §5.6.2; nothing where it must not.
    public func forwarded(_ octet: UInt8) -> [UInt8]? {
        let isTokenOctet = "!#$%&'*+-.^_`|~".utf8.contains(octet) || Self.isAlphanumeric(octet)
        let isBlank = octet == 0x20 || octet == 0x09
        switch self {
        case .nameFirst: return isTokenOctet ? line(octet) : nil
        case .nameMiddle where octet == 0x3A: return Array("x: y: a".utf8)
        case .nameLast where octet == 0x3A: return Array("x-y: : a".utf8)
        case .nameMiddle, .nameLast: return isTokenOctet ? line(octet) : nil
        case .valueFirst, .valueLast:
            return isBlank ? Array("x-y: a".utf8) : octet > 0x20 && octet != 0x7F ? line(octet) : nil
        case .valueMiddle: return isBlank || (octet > 0x20 && octet != 0x7F) ? line(octet) : nil
        }
    }

    private static func isAlphanumeric(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
    }
}
