/// A sentence cut at its back-ticks, as advice marks commands in it.
enum MarkedText {
    struct Run: Hashable {
        var text: String
        var isCode: Bool
    }

    /// Runs in order; a back-tick without its partner stays what it is.
    static func runs(_ text: String) -> [Run] {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return [Run(text: text, isCode: false)] }
        var runs: [Run] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if index % 2 == 1, isLast {
                runs.append(Run(text: "`" + part, isCode: false))
            } else if !part.isEmpty {
                runs.append(Run(text: String(part), isCode: index % 2 == 1))
            }
        }
        return runs
    }
}
