/// A stretch of text that must be masked.
struct SecretSpan: Sendable, Hashable {
    var range: Range<Int>
    /// The word before the colon of the pseudonym.
    var kind: String

    init(_ range: Range<Int>, _ kind: String) {
        self.range = range
        self.kind = kind
    }

    /// The spans in their order, those that overlap made one: a piece left between two masks may be the better half of
    /// a password.
    static func merged(_ spans: [SecretSpan]) -> [SecretSpan] {
        guard spans.count > 1 else { return spans }
        var result: [SecretSpan] = []
        for span in spans.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = result.last, span.range.lowerBound < last.range.upperBound else {
                result.append(span)
                continue
            }
            let upper = max(last.range.upperBound, span.range.upperBound)
            result[result.count - 1].range = last.range.lowerBound..<upper
        }
        return result
    }
}
