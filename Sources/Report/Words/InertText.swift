/// Makes text of a stranger safe to look at, in every form of a report.
///
/// Control characters, marks that turn the direction of writing around, and characters that are not seen at all are
/// replaced by U+FFFD (RELIABILITY.md U9): so a terminal is not steered, and nobody reads a name that is not there.
public enum InertText {
    public static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isActive) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isActive(scalar) ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    /// Inert text whose line feeds are ours and stay.
    static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { of(String($0)) }.joined(separator: "\n")
    }

    /// Long text in one line: white space folded, and cut in the middle to `limit` characters.
    static func line(_ text: String, limit: Int) -> String {
        let safe = of(text)
        guard safe.utf8.count > limit, safe.count > limit, limit > 8 else { return safe }
        let tail = limit / 4
        return "\(safe.prefix(limit - tail - 1))…\(safe.suffix(tail))"
    }

    static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: false
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x061C, 0x180E: true
        // Zero width, direction marks, line and paragraph ends, embeddings, isolates.
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        // Tags: a second, unseen alphabet.
        case 0xE0000...0xE0FFF: true
        // No characters at all; XML knows neither.
        case 0xFFFE...0xFFFF: true
        default: false
        }
    }
}
