/// Secrets that were seen in their proper place, so that they are known again where they do not belong: in an error
/// page that quotes a header, in a path, in a log line.
///
/// They are indexed by how they end, because tokens of one issuer begin alike for a hundred octets.
struct LearnedSecrets: Sendable {
    /// Shorter ones would blot out innocent text.
    private static let shortest = 6
    private static let shortestPassword = 4
    /// Below this length a match must be a word of its own: `1234` occurs in many a digest.
    private static let shortestWithin = 8
    /// A recording of days meets many tokens; the oldest have expired by then.
    private static let most = 4_096

    private var known: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    /// By their last eight octets, and those that have fewer by their last four.
    private var long: [UInt64: [[UInt8]]] = [:]
    private var short: [UInt32: [[UInt8]]] = [:]
    private var endings = OctetPairs()
    /// How often a secret was learned that was not known; whoever found nothing in a text must look again.
    private(set) var learnings = 0
    /// How often secrets were forgotten; whoever remembers what was learned must look.
    private(set) var forgettings = 0

    var isEmpty: Bool { known.isEmpty }

    mutating func learn(_ secret: some Collection<UInt8>, isPassword: Bool = false) {
        let octets = Array(secret)
        guard octets.count >= (isPassword ? Self.shortestPassword : Self.shortest), known.insert(octets).inserted
        else { return }
        learnings += 1
        order.append(octets)
        index(octets)
        if order.count > Self.most { forgetOldest() }
    }

    /// Where known secrets stand in `text`.
    func spans(in text: Span<UInt8>) -> [SecretSpan] {
        guard !known.isEmpty else { return [] }
        var spans: [SecretSpan] = []
        var tail: UInt64 = 0
        for index in 0..<text.count {
            tail = tail << 8 | UInt64(text[index])
            guard endings.contains(UInt8(truncatingIfNeeded: tail >> 8), text[index]),
                let secret = candidate(tail, endingAt: index, text)
            else { continue }
            spans.append(SecretSpan(index + 1 - secret.count..<index + 1, "secret"))
        }
        return spans
    }

    /// The longest secret that ends here.
    private func candidate(_ tail: UInt64, endingAt index: Int, _ text: Span<UInt8>) -> [UInt8]? {
        if let found = long[tail]?.first(where: { text.has($0, at: index + 1 - $0.count) }) { return found }
        return short[UInt32(truncatingIfNeeded: tail)]?.first { secret in
            let start = index + 1 - secret.count
            return text.has(secret, at: start) && !Self.isWithinWord(start, index + 1, text)
        }
    }

    private static func isWithinWord(_ start: Int, _ end: Int, _ text: Span<UInt8>) -> Bool {
        if end < text.count, text[end].isWordOctet { return true }
        guard start > 0, text[start - 1].isWordOctet else { return false }
        // The digits of `%3A` end an escape and are no word.
        return !(start > 2 && text[start - 3] == 0x25)
    }

    private mutating func index(_ secret: [UInt8]) {
        let tail = secret.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        endings.insert(UInt8(truncatingIfNeeded: tail >> 8), UInt8(truncatingIfNeeded: tail))
        if secret.count >= Self.shortestWithin {
            long[tail, default: []].append(secret)
            long[tail]?.sort { $0.count > $1.count }
        } else {
            short[UInt32(truncatingIfNeeded: tail), default: []].append(secret)
            short[UInt32(truncatingIfNeeded: tail)]?.sort { $0.count > $1.count }
        }
    }

    private mutating func forgetOldest() {
        order.removeFirst(Self.most / 4)
        known = Set(order)
        long = [:]
        short = [:]
        endings = OctetPairs()
        for secret in order { index(secret) }
        forgettings += 1
    }
}
