import TapeModel

/// The users of `--proxy-auth`: one `user:password` a line, `#` begins a comment.
public struct ProxyCredentials: Sendable {
    private let accepted: [[UInt8]]

    /// Nothing where no line holds a user and a password.
    public init?(fileContent: String) {
        let lines = fileContent.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") && $0.contains(":") }
        guard !lines.isEmpty else { return nil }
        accepted = lines.map { Array(BasicCredentials.encode(String($0)).utf8) }
    }

    /// Whether a `Proxy-Authorization` value names one of the users (RFC 7617).
    func accepts(_ value: String?) -> Bool {
        guard let value, value.prefix(6).lowercased() == "basic " else { return false }
        let offered = Array(value.dropFirst(6).utf8)
        // Every pair is compared in full, so that the time taken tells nothing about a password.
        return accepted.reduce(false) { $0 != Self.equal($1, offered) || $0 }
    }

    private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// `user:password` as the Basic scheme sends it (RFC 7617 §2).
enum BasicCredentials {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ text: String) -> String {
        let octets = Array(text.utf8)
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(16 - 8 * $1.offset) }
            for place in 0..<4 {
                let index = Int(bits >> UInt32(18 - 6 * place)) & 0x3F
                encoded.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
