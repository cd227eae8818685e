import Diagnosis
import Registry
import TapeModel

/// One exchange, or one connection that never carried one, in one line of a terminal: what it was, what it means, and
/// what was found about it.
enum ExchangeLine {
    static func text(_ decoded: DecodedExchange, findings: [Finding] = []) -> String {
        let exchange = decoded.exchange
        var text = padded(String(exchange.seq), 6, alignRight: true) + "  "
        text += padded(exchange.response.map { String($0.head.status) } ?? "---", 3, alignRight: false) + " "
        text += padded(exchange.request.head.method, 6, alignRight: false) + " "
        text += padded(decoded.operation.endpoint.rawValue, 14, alignRight: false) + " "
        text += exchange.request.head.url
        let octets = max(exchange.response?.body.length ?? 0, exchange.request.body.length)
        text += "  \(ByteCount.text(octets)) \(exchange.timing.duration / 1_000) ms"
        if let error = exchange.error { text += "  [\(error.party.rawValue): \(error.code)] \(error.detail)" }
        return text + words(findings)
    }

    static func text(_ decoded: DecodedConnection, failure: ExchangeError, findings: [Finding] = []) -> String {
        padded(String(decoded.seq), 6, alignRight: true) + "  --- CONNECT "
            + padded(Endpoint.connect.rawValue, 13, alignRight: false) + " \(decoded.connection.authority)"
            + "  [\(failure.party.rawValue): \(failure.code)] \(failure.detail)" + words(findings)
    }

    private static func words(_ findings: [Finding]) -> String {
        findings.map { "  <- \($0.severity.rawValue): \($0.rule)" }.joined()
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
