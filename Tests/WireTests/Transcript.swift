import TapeModel
import Wire

/// Feeds a conversation to a decoder in pieces and writes down what it says, so that every way of cutting the same
/// bytes can be compared as text.
struct Transcript {
    enum Step {
        case client([UInt8])
        case server([UInt8])
        case clientEnds
        case serverEnds
    }

    private(set) var text = ""
    private var bodies: [String: [UInt8]] = [:]
    private(set) var ends: [Int: Int] = [:]
    private(set) var openAtEnd = 0

    init(_ steps: [Step], cut: (Int) -> [Int]) {
        var decoder = ConnectionDecoder(connection: 1, scheme: "https", authority: "registry.test:443")
        var now: Int64 = 0
        for step in steps {
            switch step {
            case .client(let octets): feed(&decoder, .client, octets, cut(octets.count), &now)
            case .server(let octets): feed(&decoder, .server, octets, cut(octets.count), &now)
            case .clientEnds: end(&decoder, .client)
            case .serverEnds: end(&decoder, .server)
            }
        }
        var events: [ExchangeEvent] = []
        decoder.abort(
            ExchangeError(party: .network, code: "test-over", detail: ""), at: Instant(microseconds: 0), into: &events)
        add(events, [])
        openAtEnd = decoder.openExchanges
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
            switch event {
            case .requestReceived(let number, let stream, let head, _):
                line(
                    "\(number)\(stream.map { "/\($0)" } ?? "") > \(head.method) \(head.url) \(head.version) \(head.fields.count)"
                )
            case .interimReceived(let number, let head): line("\(number) < interim \(head.status)")
            case .responseReceived(let number, let head, _): line("\(number) < \(head.status) \(head.fields.count)")
            case .bodyReceived(let number, let side, let range):
                bodies["\(number)\(side)", default: []] += bytes[range]
            case .trailersReceived(let number, let side, let fields): line("\(number) \(side) trailers \(fields.count)")
            case .messageEnded(let number, let side):
                let body = bodies.removeValue(forKey: "\(number)\(side)") ?? []
                line("\(number) \(side) ended \(String(decoding: body, as: UTF8.self))")
            case .exchangeEnded(let number, let error):
                ends[number, default: 0] += 1
                line("\(number) over \(error?.code ?? "whole")")
            case .anomalyFound(let anomaly): line("odd \(anomaly.side) \(anomaly.code)")
            case .becameOpaque(let reason): line("opaque \(reason)")
            }
        }
    }

    private mutating func line(_ words: String) { text += words + "\n" }
}
