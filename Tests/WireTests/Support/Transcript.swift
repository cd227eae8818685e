import TapeModel
import Wire

/// Feeds a conversation to a decoder in pieces and writes down what it says, one line an event, so that every way of
/// cutting the same bytes can be compared as text.
///
///     1 request GET https://r.test/v2/          number of the exchange; HTTP/2 adds /stream
///     1 request over                            a message is whole; its content follows, if any
///     1 interim 103
///     1 response 200
///     1 response over: {}
///     1 done                                    or: 1 failed closed-early (network)
///     1 odd server bare-line-feed               an anomaly; without number where it belongs to no exchange
///     opaque upgrade
///
/// Long content is only counted. Fields are left out but for those whose names begin with X; a version is shown where it is not the usual one.
struct Transcript {
    private(set) var lines: [String] = []
    private(set) var anomalies: [Anomaly] = []
    private(set) var rules = EventRules()
    /// Lines before the connection was gone, and whether anything was open then.
    private(set) var linesBeforeEnd = 0
    private(set) var wasOpen = false

    private var contents: [Content: [UInt8]] = [:]

    private struct Content: Hashable {
        let exchange: Int
        let side: Side
    }

    var text: String { lines.joined(separator: "\n") }

    init(_ steps: [Step], cut: (Int) -> [Int]) {
        var decoder = ConnectionDecoder(connection: 1, scheme: "https", authority: "r.test:443")
        var now: Int64 = 0
        for step in steps {
            switch step {
            case .client(let octets): feed(&decoder, .client, octets, cut(octets.count), &now)
            case .server(let octets): feed(&decoder, .server, octets, cut(octets.count), &now)
            case .clientEnds: end(&decoder, .client)
            case .serverEnds: end(&decoder, .server)
            }
        }
        linesBeforeEnd = lines.count
        wasOpen = decoder.openExchanges > 0
        var events: [ExchangeEvent] = []
        decoder.abort(
            ExchangeError(party: .client, code: "gone", detail: ""), at: Instant(microseconds: 0), into: &events)
        add(events, [])
        rules.finish(open: decoder.openExchanges)
    }

    private mutating func feed(
        _ decoder: inout ConnectionDecoder, _ side: Side, _ octets: [UInt8], _ cuts: [Int], _ now: inout Int64
    ) {
        var start = 0
        for end in cuts + [octets.count] where end > start {
            let piece = Array(octets[start..<end])
            var events: [ExchangeEvent] = []
            now += 1
            decoder.receive(side, piece.span, at: Instant(microseconds: now), into: &events)
            add(events, piece)
            start = end
        }
    }

    private mutating func end(_ decoder: inout ConnectionDecoder, _ side: Side) {
        var events: [ExchangeEvent] = []
        decoder.endOfStream(side, at: Instant(microseconds: 0), into: &events)
        add(events, [])
    }

    private mutating func add(_ events: [ExchangeEvent], _ bytes: [UInt8]) {
        for event in events {
            rules.check(event, bytes: bytes.count)
            if let line = line(event, bytes) { lines.append(line) }
        }
    }

    private mutating func line(_ event: ExchangeEvent, _ bytes: [UInt8]) -> String? {
        switch event {
        case .requestReceived(let number, let stream, let head, _):
            let place = stream.map { "\(number)/\($0)" } ?? "\(number)"
            return "\(place) request \(head.method) \(head.url)\(shown(head.version))\(shown(head.fields))"
        case .interimReceived(let number, let head): return "\(number) interim \(head.status)\(shown(head.fields))"
        case .responseReceived(let number, let head, _):
            return "\(number) response \(head.status)\(shown(head.version))\(shown(head.fields))"
        case .bodyReceived(let number, let side, let range):
            guard bytes.indices.contains(range) || range.isEmpty else { return "range outside the bytes" }
            contents[Content(exchange: number, side: side), default: []] += bytes[range]
            return nil
        case .trailersReceived(let number, let side, let fields):
            return "\(number) \(message(side)) trailers\(shown(fields))"
        case .messageEnded(let number, let side):
            return "\(number) \(message(side)) over\(content(number, side))"
        case .exchangeEnded(let number, nil): return "\(number) done"
        case .exchangeEnded(let number, let error?):
            let cut = Side.allCases.map { content(number, $0) }.joined()
            return "\(number) failed \(error.code) (\(error.party.rawValue))\(cut)"
        case .anomalyFound(let anomaly):
            anomalies.append(anomaly)
            return (anomaly.exchange.map { "\($0) " } ?? "") + "odd \(anomaly.side) \(anomaly.code)"
        case .becameOpaque(let reason): return "opaque \(reason)"
        }
    }

    private func message(_ side: Side) -> String { side == .client ? "request" : "response" }

    private mutating func content(_ number: Int, _ side: Side) -> String {
        guard let octets = contents.removeValue(forKey: Content(exchange: number, side: side)) else { return "" }
        return ": " + (octets.count > 100 ? "\(octets.count) octets" : String(decoding: octets, as: UTF8.self))
    }

    private func shown(_ version: String) -> String {
        version == "HTTP/1.1" || version == "HTTP/2" ? "" : " " + version
    }

    private func shown(_ fields: [FieldLine]) -> String {
        let shown = fields.filter { $0.name.lowercased().hasPrefix("x") }
        return shown.isEmpty ? "" : " {" + shown.map { "\($0.name): \($0.value)" }.joined(separator: "; ") + "}"
    }
}
