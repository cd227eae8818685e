import Foundation
import TapeModel
import Testing

/// Whether two tapes of one session, one of the proxy and one of a capture, say the same.
enum WitnessComparison {
    /// Fails where they differ in more than times, source and connection numbers.
    static func expectSame(_ recorded: String, _ captured: String) throws {
        let (one, other) = (try Recording.exchanges(of: recorded), try Recording.exchanges(of: captured))
        #expect(!one.isEmpty)
        let (seen, heard) = (one.map(statement).sorted(), other.map(statement).sorted())
        for difference in seen.difference(from: heard) {
            switch difference {
            case .insert(_, let text, _): Issue.record("only the proxy saw: \(text.prefix(2000))")
            case .remove(_, let text, _): Issue.record("only the capture saw: \(text.prefix(2000))")
            }
        }
        #expect(try connections(recorded) == connections(captured))
    }

    /// An exchange as its line on the tape, without what differs between witnesses.
    private static func statement(_ exchange: Exchange) -> String {
        var exchange = exchange
        exchange.seq = 0
        exchange.connection = 0
        exchange.source = .proxy
        exchange.started = Instant(microseconds: 0)
        exchange.timing = Timing()
        return String(decoding: TapeLine(seq: 0, record: .exchange(exchange)).encoded, as: UTF8.self)
    }

    /// What both say of each connection to an origin, in no order.
    private static func connections(_ tape: String) throws -> [String] {
        try Recording.connections(of: tape).map { connection in
            let leg = connection.serverTLS
            return [
                connection.authority, leg?.sni, leg?.alpn, leg?.version, leg?.cipher,
                connection.certificates.map { "\($0)" }.joined(separator: " "),
                connection.failure?.code,
            ].map { $0 ?? "-" }.joined(separator: " | ")
        }.sorted()
    }
}
