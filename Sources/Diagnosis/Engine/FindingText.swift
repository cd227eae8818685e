/// The words of a finding as they are shown: with the numbers of the exchanges, in one line, and of bounded length.
enum FindingText {
    /// Characters; a verdict is one sentence, and peers may be quoted in it.
    static let titleLimit = 400
    static let textLimit = 2_000
    /// Numbers of exchanges in a title; all of them are in the evidence.
    private static let numberLimit = 6

    /// The verdict with its proof.
    ///
    /// Such as `… after the redirect (exchanges 7, 8), and 41 more times.`
    static func title(_ finding: Finding, more: Int) -> String {
        var sentence = shortened(oneLine(finding.title), to: titleLimit)
        while let last = sentence.last, last == "." || last == " " { sentence.removeLast() }
        if !sentence.contains("(exchange"), !sentence.contains("(record") { sentence += proof(finding.evidence) }
        switch more {
        case ...0: return sentence + "."
        case 1: return sentence + ", and once more."
        default: return sentence + ", and \(more) more times."
        }
    }

    static func joined(_ one: String, _ other: String) -> String { one.isEmpty ? other : one + " " + other }

    static func bounded(_ finding: Finding) -> Finding {
        var finding = finding
        finding.detail = shortened(oneLine(finding.detail), to: textLimit)
        finding.advice = shortened(
            finding.advice.split(separator: "\n").map { oneLine(String($0)) }.joined(separator: "\n"), to: textLimit)
        return finding
    }

    /// ` (exchanges 7, 8)`; a connection that never carried an exchange is a record.
    private static func proof(_ evidence: [Evidence]) -> String {
        let isConnection = evidence.first?.at.hasPrefix("connection") ?? false
        var numbers: [Int64] = []
        for proof in evidence where proof.at.hasPrefix("connection") == isConnection && !numbers.contains(proof.seq) {
            numbers.append(proof.seq)
        }
        guard !numbers.isEmpty else { return "" }
        let word = (isConnection ? "record" : "exchange") + (numbers.count == 1 ? "" : "s")
        let more = numbers.count > numberLimit ? ", …" : ""
        return " (\(word) \(numbers.prefix(numberLimit).map(String.init).joined(separator: ", "))\(more))"
    }

    /// White space folded: what a peer sent begins no line of its own in a report.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isBreak) else { return text }
        return text.split { $0.unicodeScalars.contains(where: isBreak) }.joined(separator: " ")
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private static func shortened(_ text: String, to limit: Int) -> String {
        // Few octets are few characters; counting those of a long text is what should not be done often.
        guard text.utf8.count > limit, text.count > limit else { return text }
        return String(text.prefix(limit - 1)) + "…"
    }
}
