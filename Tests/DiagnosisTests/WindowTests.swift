import Diagnosis
import Registry
import TapeModel
import Testing

/// What a rule sees around the exchange that it is asked about.
struct WindowTests {
    @Test func `the window has 256 exchanges to either side and knows the ends of the trace`() {
        enum Look: Rule {
            static let name = "look"
            static let severity = Severity.note
            static let party = Party.client
            static let symptoms: [String] = []
            static let interest = Interest.everything
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                guard [1, 2, 256, 257, 258, 744, 745, 1000].contains(exchange.seq) else { return nil }
                let sides =
                    "\(window.before.first?.seq ?? 0)..\(window.before.last?.seq ?? 0) "
                    + "\(window.after.first?.seq ?? 0)..\(window.after.last?.seq ?? 0)"
                return finding(
                    "\(sides) \(window.reachesStart) \(window.reachesEnd)", advice: "-",
                    evidence: [Evidence(exchange.seq, "request.method")])
            }
        }
        var trace = HandMade()
        for _ in 1...1_000 { trace.exchange() }
        #expect(
            trace.findings(Look.self).map(\.title) == [
                "0..0 2..257 true false (exchange 1).",
                "1..1 3..258 true false (exchange 2).",
                "1..255 257..512 true false (exchange 256).",
                "1..256 258..513 true false (exchange 257).",
                "2..257 259..514 false false (exchange 258).",
                "488..743 745..1000 false false (exchange 744).",
                "489..744 746..1000 false true (exchange 745).",
                "744..999 0..0 false true (exchange 1000).",
            ])
    }

    @Test func `large exchanges narrow the window`() {
        enum Count: Rule {
            static let name = "count"
            static let severity = Severity.note
            static let party = Party.client
            static let symptoms: [String] = []
            static let interest = Interest.everything
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                window.before.count < 20 && window.after.count < 20
                    ? nil
                    : finding("Too wide.", advice: "-", evidence: [Evidence(exchange.seq, "")], subject: "wide")
            }
        }
        var trace = HandMade()
        let field = FieldLine("X-Long", String(repeating: "x", count: 1 << 20))
        for _ in 1...100 { trace.exchange { $0.exchange.request.head.fields.append(field) } }
        #expect(trace.findings(Count.self).isEmpty)
    }

    @Test func `neighbours are found by what binds them`() {
        enum Bound: Rule {
            static let name = "bound"
            static let severity = Severity.note
            static let party = Party.client
            static let symptoms: [String] = []
            static let interest = Interest.everything
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                guard exchange.seq == 3 else { return nil }
                let found: [(String, Int64?)] = [
                    ("retry", window.retry(of: exchange)?.seq), ("previous", window.previous(of: exchange)?.seq),
                    ("success", window.laterSuccess(of: exchange)?.seq),
                    ("earlier", window.earlierSuccess(of: exchange)?.seq),
                    ("host", window.nextSuccessAtHost(after: exchange)?.seq),
                    ("token", window.nextTokenExchange(after: exchange)?.seq),
                    ("self", window.exchange(3)?.seq), ("none", window.exchange(99)?.seq),
                    ("retry of first", window.exchange(1).flatMap { window.retry(of: $0) }?.seq),
                ]
                return finding(
                    found.map { "\($0.0) \($0.1.map(String.init) ?? "-")" }.joined(separator: ", "), advice: "-",
                    evidence: [])
            }
        }
        var trace = HandMade()
        trace.exchange(status: 200)  // 1
        trace.exchange(status: 500)  // 2
        trace.exchange(status: 418)  // 3
        trace.exchange(tag: "v2", status: 200)  // 4
        trace.exchange("POST", .tokenPost, host: "auth.example", repository: nil, tag: nil)  // 5
        trace.exchange(status: 500)  // 6
        trace.exchange(status: 200)  // 7
        #expect(
            trace.findings(Bound.self).first?.title
                == "retry 6, previous 2, success 7, earlier 1, host 4, token 5, self 3, none -, retry of first 2.")
    }

    @Test func `a rule is asked about what it is interested in and nothing else`() {
        enum Picky: Rule {
            static let name = "picky"
            static let severity = Severity.note
            static let party = Party.client
            static let symptoms: [String] = []
            static let interest: Interest = [.tokens, .uploads]
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                finding("Asked.", advice: "-", evidence: [Evidence(exchange.seq, "")])
            }
        }
        var trace = HandMade()
        trace.exchange(status: 500)
        let token = trace.exchange("GET", .tokenGet, status: 200)
        let upload = trace.exchange("PATCH", .uploadPatch, status: 202)
        trace.exchange("GET", .unknown, status: 200)
        #expect(trace.findings(Picky.self).map { $0.evidence.first?.seq } == [token, upload])
    }
}
