/// Reading octets that a peer sent, never past their end.
extension Span<UInt8> {
    func has(_ wanted: [UInt8], at index: Int) -> Bool {
        guard index >= 0, index <= count - wanted.count else { return false }
        for place in wanted.indices where self[index + place] != wanted[place] { return false }
        return true
    }

    /// `wanted` is in small letters.
    func hasIgnoringCase(_ wanted: [UInt8], at index: Int) -> Bool {
        guard index >= 0, index <= count - wanted.count else { return false }
        for place in wanted.indices where self[index + place].lowercasedASCII != wanted[place] { return false }
        return true
    }

    /// Where `wanted` occurs first from `start` on.
    func first(_ wanted: [UInt8], from start: Int) -> Int? {
        guard let octet = wanted.first, start >= 0, count - wanted.count >= start else { return nil }
        for index in start...count - wanted.count where self[index] == octet && has(wanted, at: index) { return index }
        return nil
    }

    func octets(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        for index in range where index < count { result.append(self[index]) }
        return result
    }
}

extension UInt8 {
    /// Letters and digits.
    var isWordOctet: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// What tokens and JWTs are made of.
    var isTokenOctet: Bool { isWordOctet || self == 0x2D || self == 0x2E || self == 0x5F }

    /// What credentials are made of: token68 (RFC 9110 §11.2), also percent-encoded.
    var isCredentialOctet: Bool {
        isTokenOctet || self == 0x2B || self == 0x2F || self == 0x3D || self == 0x7E || self == 0x25
    }
}
