/// A short name for a secret, equal wherever the same secret stands on one tape.
///
/// A redacted secret is named by its pseudonym, whose digits are the same in a field, a form and a JSON member; a JWT by
/// the pseudonym of its signature. A secret that was kept is named by a hash, so that whoever prints an identity prints
/// no secret.
enum SecretIdentity {
    static func of(_ text: String) -> String {
        let octets = text.utf8
        let tail = octets.suffix(longestPseudonym)
        if tail.suffix(3).elementsEqual("›".utf8), let colon = tail.lastIndex(of: 0x3A),
            tail[..<colon].contains(0xB9)
        {
            return String(decoding: tail[colon...].dropFirst().dropLast(3), as: UTF8.self)
        }
        return octets.isEmpty ? "" : "kept-" + hash(octets)
    }

    /// A pseudonym has some ten digits, and its kind one word.
    private static let longestPseudonym = 160

    /// FNV-1a (Fowler, Noll, Vo), 64 bits from either end: it has to tell some thousand tokens apart, not to withstand
    /// anybody, who has the tape with the secret itself.
    private static func hash(_ octets: String.UTF8View) -> String {
        var forward: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in octets { forward = (forward ^ UInt64(octet)) &* 0x100_0000_01b3 }
        var backward = forward
        for octet in octets.reversed() { backward = (backward ^ UInt64(octet)) &* 0x100_0000_01b3 }
        return String(forward, radix: 16) + String(backward, radix: 16)
    }
}
