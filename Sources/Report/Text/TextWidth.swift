/// How many columns of a terminal text takes, and how it is fitted into them.
enum TextWidth {
    /// Columns: two for the wide characters of East Asia and for emoji, none for marks that join the one before.
    static func of(_ text: String) -> Int {
        var width = 0
        for character in text { width += columns(character) }
        return width
    }

    /// Text in lines of at most `width` columns, broken at blanks, and within a word that is longer than a line.
    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(separator: " ") {
            let needed = of(String(word))
            if used > 0, used + 1 + needed <= width {
                line += " " + word
                used += 1 + needed
                continue
            }
            if used > 0 { lines.append(line) }
            (line, used) = ("", 0)
            for character in word {
                let columns = columns(character)
                if used + columns > width, used > 0 {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.append(character)
                used += columns
            }
        }
        if used > 0 || lines.isEmpty { lines.append(line) }
        return lines
    }

    /// Text in exactly `width` columns: filled with blanks, or cut in the middle, where names differ least.
    static func fitted(_ text: String, width: Int, alignRight: Bool = false) -> String {
        let needed = of(text)
        if needed <= width {
            let blanks = String(repeating: " ", count: width - needed)
            return alignRight ? blanks + text : text + blanks
        }
        guard width > 1 else { return String(repeating: "…", count: max(0, width)) }
        let tail = (width - 1) / 3
        let head = taken(text, columns: width - 1 - tail)
        let end = String(taken(String(text.reversed()), columns: tail).reversed())
        return fitted(head + "…" + end, width: width, alignRight: alignRight)
    }

    private static func taken(_ text: String, columns limit: Int) -> String {
        var result = ""
        var used = 0
        for character in text {
            used += columns(character)
            if used > limit { break }
            result.append(character)
        }
        return result
    }

    private static func columns(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x20...0x7E: return 1
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default:
            // What is many scalars in one character may be drawn wider than one column; two is the most.
            return character.unicodeScalars.count > 1 && scalar.value > 0x2000 ? 2 : 1
        }
    }
}
