/// Secrets that were seen in their proper place, so that they are known again where they do not belong: in an error
/// page that quotes a header, in a path, in a log line.
struct LearnedSecrets: Sendable {
    /// Shorter ones would blot out innocent text.
    private static let shortest = 6
    private static let shortestPassword = 4
    /// A recording of days meets many tokens; the oldest have expired by then.
    private static let most = 4_096
    private static let prefixLength = 4

    private var known: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    /// By their first four octets, so that a long text is passed over once however many secrets are known.
    private var byPrefix: [UInt32: [[UInt8]]] = [:]

    var isEmpty: Bool { known.isEmpty }

    mutating func learn(_ secret: some Collection<UInt8>, isPassword: Bool = false) {
        let octets = Array(secret)
        guard octets.count >= (isPassword ? Self.shortestPassword : Self.shortest), known.insert(octets).inserted,
            let prefix = Self.prefix(octets[...])
        else { return }
        order.append(octets)
        byPrefix[prefix, default: []].append(octets)
        byPrefix[prefix]?.sort { $0.count > $1.count }
        if order.count > Self.most { forgetOldest() }
    }

    /// The text with every known secret replaced by what `mask` makes of it; nothing where none occurs.
    func masking(_ text: [UInt8], _ mask: ([UInt8]) -> String) -> [UInt8]? {
        guard !known.isEmpty, text.count >= Self.prefixLength else { return nil }
        var result: [UInt8] = []
        var copied = 0
        var index = 0
        while index + Self.prefixLength <= text.count {
            guard let prefix = Self.prefix(text[index...]), let candidates = byPrefix[prefix],
                let secret = candidates.first(where: { text[index...].starts(with: $0) })
            else {
                index += 1
                continue
            }
            result += text[copied..<index]
            result += Array(mask(secret).utf8)
            index += secret.count
            copied = index
        }
        guard copied > 0 else { return nil }
        result += text[copied...]
        return result
    }

    private static func prefix(_ octets: ArraySlice<UInt8>) -> UInt32? {
        guard octets.count >= prefixLength else { return nil }
        return octets.prefix(prefixLength).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    private mutating func forgetOldest() {
        let forgotten = order.prefix(Self.most / 4)
        order.removeFirst(forgotten.count)
        for secret in forgotten {
            known.remove(secret)
            if let prefix = Self.prefix(secret[...]) { byPrefix[prefix]?.removeAll { $0 == secret } }
        }
    }
}
