/// Something in a message that RFC 9112 does not allow and that leaves its boundaries beyond doubt.
struct Oddity {
    let code: String
    let detail: String
    /// The octets at fault, bounded.
    let raw: [UInt8]
    /// Whether it does no harm to whoever reads the message next, so that even a refusing reader lets it pass.
    let isHarmless: Bool

    /// As much of one line as a person wants to see.
    static let longestRaw = 4_096

    init(_ code: String, _ detail: String, raw: [UInt8] = [], isHarmless: Bool = false) {
        self.code = code
        self.detail = detail
        self.raw = raw
        self.isHarmless = isHarmless
    }

    init(_ code: String, _ detail: String, _ octets: Span<UInt8>, _ range: Range<Int>, isHarmless: Bool = false) {
        let end = min(range.upperBound, range.lowerBound + Self.longestRaw)
        self.init(code, detail, raw: Octets.copy(octets, range.lowerBound..<end), isHarmless: isHarmless)
    }

    static func bareLineFeed(_ octets: Span<UInt8>, _ line: Range<Int>) -> Oddity {
        Oddity("bare-line-feed", "A line ends in LF without CR.", octets, line)
    }
}
