import Diagnosis
import Registry
import TapeModel
import Testing

/// A trace of any length is judged in bounded memory and gives a report that a person can read.
struct ScaleTests {
    /// Thousands: without optimisation one is enough to see the limits at work, and a hundred is a nuisance.
    #if DEBUG
        static let blocks = 5
    #else
        static let blocks = 100
    #endif

    @Test func `failures without end and of many kinds give few findings`() {
        var engine = DiagnosisEngine(rules: [AnyFailure.self, Teapot.self, HandMade.lastResort])
        for block in 0..<Self.blocks {
            var trace = HandMade()
            for number in 0..<1_000 {
                trace.exchange(
                    host: "host\(block * 1_000 + number).example", status: [418, 500, 404, nil][number % 4])
            }
            for case .exchange(var exchange) in trace.events {
                exchange.exchange.seq += Int64(block) * 1_000
                engine.handle(.exchange(exchange))
            }
        }
        let findings = engine.finish(TraceSummary())
        #expect(findings.map(\.evidence.count).max() == 12)
        // Three of the four kinds are left to the generic rule, which tells them by status.
        #expect(findings.filter { $0.rule == "any-failure" }.map(\.subject).sorted() == ["404", "500", "none"])
        let teapots = findings.filter { $0.rule == "teapot" }
        #expect(teapots.count == 21)
        #expect(
            teapots.contains { $0.title == "teapot was found \(Self.blocks * 250 - 20) times more, of other subjects." }
        )
    }

    @Test func `connections without end are judged and let go`() {
        var engine = DiagnosisEngine(rules: [HandMade.lastResort])
        var trace = HandMade()
        for number in 0..<20_000 { trace.failedConnection("host\(number).example:443") }
        for event in trace.events { engine.handle(event) }
        let findings = engine.finish(TraceSummary())
        #expect(findings.count == 21)
        #expect(findings.last?.title.contains("19980 times more") == true)
    }
}
