import TapeModel

/// One open stream, seen from the middle.
struct HTTP2Stream: Sendable {
    /// What one side has sent on it.
    private struct Half: Sendable {
        var hasEnded = false
        var received: Int64 = 0
        /// Content-Length, where the content has to have it.
        var declared: Int64?
    }

    let number: Int
    let asked: AskedFor
    var hasFinalResponse = false
    var interimCount = 0
    private var client = Half()
    private var server = Half()

    init(number: Int, asked: AskedFor) {
        self.number = number
        self.asked = asked
    }

    func hasEnded(_ side: Side) -> Bool { side == .client ? client.hasEnded : server.hasEnded }

    mutating func ended(_ side: Side) { change(side) { $0.hasEnded = true } }

    mutating func declared(_ length: Int64?, by side: Side) { change(side) { $0.declared = length } }

    /// Counts content octets; the exchange that they belong to, or nothing where they are content of none.
    mutating func received(_ count: Int, from side: Side) -> Int? {
        guard asked != .tunnel, !hasEnded(side), side == .client || hasFinalResponse else { return nil }
        change(side) { $0.received = $0.received.addingReportingOverflow(Int64(count)).partialValue }
        return number
    }

    /// Whether the content is shorter or longer than its Content-Length (RFC 9113 §8.1.1).
    func hasOtherLength(_ side: Side) -> Bool {
        let half = side == .client ? client : server
        return half.declared.map { $0 != half.received } ?? false
    }

    private mutating func change(_ side: Side, _ body: (inout Half) -> Void) {
        switch side {
        case .client: body(&client)
        case .server: body(&server)
        }
    }
}
