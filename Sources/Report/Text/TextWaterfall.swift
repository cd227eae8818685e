/// A waterfall in block characters: a row for each exchange, time to the right.
enum TextWaterfall {
    static let legend = "░ connecting  ▒ waiting  █ receiving"

    static func lines(_ waterfall: Waterfall, width: Int, pen: Pen) -> [String] {
        guard !waterfall.bars.isEmpty else { return [] }
        let numbers = max(1, waterfall.bars.map { String($0.seq).count }.max() ?? 1)
        let fixed = numbers + 1 + 3 + 1 + 2 + timeWidth
        let labels = waterfall.bars.map { TextWidth.of($0.label) }.max() ?? 0
        // Never less than a third of the line for the bars.
        let labelWidth = min(labels, max(8, (width - fixed) * 3 / 5))
        let lane = max(8, width - fixed - labelWidth)
        var lines = waterfall.bars.map { bar in
            let style: Pen.Style = bar.hasFailed ? .bad : .plain
            return TextWidth.fitted(String(bar.seq), width: numbers, alignRight: true) + " "
                + pen.write(TextWidth.fitted(bar.status, width: 3), style) + " "
                + TextWidth.fitted(bar.label, width: labelWidth) + " "
                + pen.write(drawn(bar, of: waterfall, width: lane), style) + " "
                + TextWidth.fitted(Quantity.duration(bar.length), width: timeWidth, alignRight: true)
        }
        let end = Quantity.duration(waterfall.duration)
        let axis = "0" + TextWidth.fitted(end, width: max(1, lane - 1), alignRight: true)
        lines.append(pen.write(String(repeating: " ", count: numbers + 6 + labelWidth) + axis, .dim))
        return lines
    }

    /// `12 min 30 s` is the longest that is usual.
    private static let timeWidth = 9

    /// Each phase that was there gets a cell at least, as long as there is room.
    private static func drawn(_ bar: Waterfall.Bar, of waterfall: Waterfall, width: Int) -> String {
        let scale = Double(width) / Double(waterfall.duration)
        let first = min(width - 1, Int(Double(bar.start) * scale))
        var cells = [Character](repeating: " ", count: width)
        var position = first
        var elapsed = bar.start
        for span in bar.spans {
            elapsed += span.length
            let end = min(width, max(position + 1, Int((Double(elapsed) * scale).rounded())))
            while position < end {
                cells[position] = mark(span.phase)
                position += 1
            }
        }
        if bar.spans.isEmpty { cells[first] = "▒" }
        if bar.hasFailed { cells[min(max(first, position), width - 1)] = "✗" }
        return String(cells)
    }

    private static func mark(_ phase: Waterfall.Phase) -> Character {
        switch phase {
        case .connect: "░"
        case .wait: "▒"
        case .receive: "█"
        }
    }
}
