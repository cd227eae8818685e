import Diagnosis

/// Colours for a terminal that wants them (ECMA-48, select graphic rendition); none otherwise.
struct Pen: Sendable {
    enum Style: Sendable {
        case plain, strong, dim, good, warning, bad, note
    }

    var isColoured: Bool

    func write(_ text: String, _ style: Style) -> String {
        guard isColoured, !text.isEmpty else { return text }
        let code: String
        switch style {
        case .plain: return text
        case .strong: code = "1"
        case .dim: code = "2"
        case .good: code = "32"
        case .warning: code = "33"
        case .bad: code = "31"
        case .note: code = "36"
        }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    static func style(of severity: Severity) -> Style {
        switch severity {
        case .error: .bad
        case .warning: .warning
        case .note: .note
        }
    }

    static func style(of standing: Verdict.Standing) -> Style {
        switch standing {
        case .good: .good
        case .warning, .incomplete: .warning
        case .failed: .bad
        case .empty: .dim
        }
    }

    static func style(of tone: ReportTable.Tone) -> Style {
        switch tone {
        case .plain: .plain
        case .good: .good
        case .bad: .bad
        case .dim: .dim
        }
    }
}
