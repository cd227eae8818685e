import TapeModel

/// One exchange in one line of a terminal.
enum ExchangeLine {
    static func text(_ exchange: Exchange) -> String {
        var text = padded(String(exchange.seq), 6, alignRight: true) + "  "
        text += padded(exchange.response.map { String($0.head.status) } ?? "---", 3, alignRight: false) + " "
        text += padded(exchange.request.head.method, 6, alignRight: false) + " "
        text += exchange.request.head.url
        let octets = exchange.response?.body.length ?? 0
        text += "  \(ByteCount.text(octets)) \(exchange.timing.duration / 1_000) ms"
        if let error = exchange.error { text += "  [\(error.party.rawValue): \(error.code)] \(error.detail)" }
        return text
    }

    private static func padded(_ text: String, _ width: Int, alignRight: Bool) -> String {
        let missing = String(repeating: " ", count: max(0, width - text.utf8.count))
        return alignRight ? missing + text : text + missing
    }
}

/// Octets for people.
enum ByteCount {
    static func text(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = Double(count)
        var unit = 0
        while value >= 1_000, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        if unit == 0 { return "\(count) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
