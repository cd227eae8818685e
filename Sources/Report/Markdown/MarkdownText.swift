import TapeModel

/// Text of a trace within Markdown, as GitHub, GitLab and their like read it: never a link, a picture, a mention or HTML.
enum MarkdownText {
    /// A sentence: words that would become links or mentions stand as code, and what is punctuation to Markdown is escaped.
    static func sentence(_ text: String) -> String {
        var result = ""
        for run in MarkedText.runs(InertText.of(text)) {
            let piece = run.isCode ? code(run.text) : words(run.text)
            // Two spans of code without anything between would become one.
            if result.utf8.last == 0x60, piece.utf8.first == 0x60 { result += " " }
            result += piece
        }
        return result
    }

    /// A name of the trace, in a code span that it cannot leave (CommonMark §6.1).
    static func code(_ text: String) -> String {
        let safe = InertText.of(text)
        guard !safe.isEmpty else { return "–" }
        let fence = String(repeating: "`", count: longestRun(of: "`", in: safe) + 1)
        let pad = safe.utf8.first == 0x60 || safe.utf8.last == 0x60 || safe.utf8.first == 0x20 ? " " : ""
        return fence + pad + safe + pad + fence
    }

    /// The same within a cell of a table, where a bar ends the cell even inside of code (GFM, tables).
    ///
    /// A bar is escaped for the table. Behind a backslash that cannot be said within code: readers disagree which of the
    /// two escapes which. A broken bar stands there instead.
    static func cell(_ text: String, isCode: Bool) -> String {
        let content = isCode ? code(text) : sentence(text)
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in content.unicodeScalars {
            if scalar == "|", isEscaped, isCode {
                result.append("¦")
            } else {
                if scalar == "|", !isEscaped { result.append("\\") }
                result.append(scalar)
            }
            isEscaped = scalar == "\\" && (isCode || !isEscaped)
        }
        return String(result)
    }

    /// Scalars, not characters: a mark that joins the one before hides it from `Character` and from no Markdown reader.
    static func longestRun(of wanted: Unicode.Scalar, in text: String) -> Int {
        var longest = 0
        var run = 0
        for scalar in text.unicodeScalars {
            run = scalar == wanted ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }

    private static func words(_ text: String) -> String {
        text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map { word in
            isLink(String(word)) ? code(String(word)) : escaped(word)
        }.joined(separator: " ")
    }

    /// `user@host`, `https://…`, `www.…` and `#12` are made into links by forges.
    private static func isLink(_ word: String) -> Bool {
        let octets = Array(word.lowercasedASCII.utf8)
        if octets.contains(UInt8(ascii: "@")) { return true }
        for mark in ["://", "www.", "mailto:", "xmpp:"] where octets.contains(mark.utf8) { return true }
        guard let hash = octets.firstIndex(of: UInt8(ascii: "#")), hash + 1 < octets.count else { return false }
        return (0x30...0x39).contains(octets[hash + 1])
    }

    private static func escaped(_ word: Substring.UnicodeScalarView) -> String {
        var result = ""
        for scalar in word {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\\", "`", "*", "_", "{", "}", "[", "]", "#", "+", "!", "|", "~", "=", "$":
                result += "\\" + String(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
