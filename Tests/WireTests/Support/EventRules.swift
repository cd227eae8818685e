import TapeModel

/// What is true of the events of every connection, whatever its peers send.
struct EventRules {
    private(set) var violations: [String] = []
    private var open: Set<Int> = []
    private var answered: Set<Int> = []
    private var messagesOver: Set<[Int]> = []
    private var last = 0
    private var isOpaque = false
    private var anomalyCounts: [String: Int] = [:]

    mutating func check(_ event: ExchangeEvent, bytes: Int) {
        if isOpaque { violations.append("an event after the connection became opaque") }
        switch event {
        case .requestReceived(let number, _, _, _):
            require(number == last + 1, "exchange \(number) follows exchange \(last)")
            last = number
            open.insert(number)
        case .interimReceived(let number, let head):
            require(open.contains(number) && !answered.contains(number), "an interim response outside its exchange")
            require((100..<200).contains(head.status), "an interim response of \(head.status)")
        case .responseReceived(let number, let head, _):
            require(open.contains(number), "a response outside its exchange")
            require(answered.insert(number).inserted, "a second response")
            require(head.status == 101 || head.status >= 200, "a final response of \(head.status)")
        case .bodyReceived(let number, let side, let range):
            require(isInHand(number, side), "content outside its message")
            require(range.lowerBound >= 0 && range.upperBound <= bytes && !range.isEmpty, "a range outside its bytes")
        case .trailersReceived(let number, let side, _):
            require(isInHand(number, side), "trailers outside their message")
        case .messageEnded(let number, let side):
            require(isInHand(number, side), "the end of a message that is none")
            messagesOver.insert(Self.message(number, side))
        case .exchangeEnded(let number, let error):
            require(open.remove(number) != nil, "an exchange that ends twice, or never began")
            require(
                error != nil || messagesOver.contains(Self.message(number, .server)),
                "an exchange is done without a whole response")
        case .anomalyFound(let anomaly):
            require(anomaly.raw.count <= 4_096, "raw octets without bound")
            require(anomaly.exchange.map { $0 <= last } ?? true, "an anomaly of an exchange that is none")
            anomalyCounts[anomaly.code, default: 0] += 1
        case .becameOpaque:
            require(open.isEmpty, "open exchanges where nothing is followed any more")
            isOpaque = true
        }
    }

    mutating func finish(open count: Int) {
        require(open.isEmpty && count == 0, "\(open.count) exchanges without an end")
        require(anomalyCounts.values.allSatisfy { $0 <= 16 }, "anomalies without bound")
    }

    private func isInHand(_ number: Int, _ side: Side) -> Bool {
        open.contains(number) && !messagesOver.contains(Self.message(number, side))
            && (side == .client || answered.contains(number))
    }

    private static func message(_ number: Int, _ side: Side) -> [Int] { [number, side == .client ? 0 : 1] }

    private mutating func require(_ holds: Bool, _ sentence: String) {
        if !holds { violations.append(sentence) }
    }
}
