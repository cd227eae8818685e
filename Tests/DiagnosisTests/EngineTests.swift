import Diagnosis
import Registry
import TapeModel
import Testing

/// What the engine makes of the findings of rules.
struct EngineTests {
    @Test func `findings about one subject are told once, with how often`() {
        var trace = HandMade()
        for tag in 1...42 { trace.exchange(tag: "v\(tag)", status: 418) }
        let findings = trace.findings(Teapot.self)
        #expect(findings.count == 1)
        #expect(findings.first?.title == "The host is a teapot (exchange 1), and 41 more times.")
        #expect(findings.first?.evidence.count == 12)
        #expect(findings.first?.evidence.first == Evidence(1, "response.status"))
    }

    @Test func `a second time is once more`() {
        var trace = HandMade()
        trace.exchange(tag: "v1", status: 418)
        trace.exchange(tag: "v2", status: 418)
        #expect(trace.findings(Teapot.self).first?.title == "The host is a teapot (exchange 1), and once more.")
    }

    @Test func `other subjects stay apart and come in tape order`() {
        var trace = HandMade()
        trace.exchange(host: "b.example", status: 418)
        trace.exchange(host: "a.example", status: 418)
        #expect(trace.findings(Teapot.self).map(\.subject) == ["b.example", "a.example"])
    }

    @Test func `a later success of the same request lowers the severity and is told`() {
        var trace = HandMade()
        trace.exchange(status: 418)
        trace.exchange("HEAD", .manifestHead, status: 200)
        let finding = trace.findings(Teapot.self).first
        #expect(finding?.severity == .warning)
        #expect(finding?.detail == "The same request succeeded later (exchange 2), so it was overcome.")
    }

    @Test func `the success counts however far away it is`() {
        var trace = HandMade()
        trace.exchange(status: 418)
        for number in 1...2_000 { trace.exchange(tag: "other\(number)") }
        trace.exchange(status: 200)
        #expect(trace.findings(Teapot.self).first?.severity == .warning)
    }

    @Test func `a generic finding that waits hears of the success too`() {
        var trace = HandMade()
        trace.exchange(status: 500)
        trace.exchange(tag: "v2", status: 200)
        trace.exchange(status: 200)
        for number in 1...600 { trace.exchange(tag: "other\(number)") }
        let finding = trace.findings(AnyFailure.self).first
        #expect(finding?.severity == .warning)
        #expect(finding?.detail.contains("(exchange 3)") == true)
    }

    @Test func `a rule may say that no success makes its fault good`() {
        enum Leak: Rule {
            static let name = "leak"
            static let severity = Severity.error
            static let party = Party.client
            static let symptoms: [String] = []
            static let isCuredBySuccess = false
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                finding("It leaked.", advice: "-", evidence: [Evidence(exchange.seq, "request.authorization")])
            }
        }
        var trace = HandMade()
        trace.exchange(status: 400)
        trace.exchange(status: 200)
        #expect(trace.findings(Leak.self).first?.severity == .error)
    }

    @Test func `neither an earlier success nor one of another request lowers anything`() {
        var trace = HandMade()
        trace.exchange(status: 200)
        trace.exchange(status: 418)
        trace.exchange(tag: "v2", status: 200)
        trace.exchange(host: "other.example", status: 200)
        trace.exchange("PUT", .manifestPut, status: 201)
        let finding = trace.findings(Teapot.self).first
        #expect(finding?.severity == .error)
        #expect(finding?.detail == "")
    }

    @Test func `where one of several was not overcome the weight stays`() {
        var trace = HandMade()
        trace.exchange(tag: "v1", status: 418)
        trace.exchange(tag: "v2", status: 418)
        trace.exchange(tag: "v1", status: 200)
        #expect(trace.findings(Teapot.self).first?.severity == .error)
        trace.exchange(tag: "v2", status: 200)
        #expect(trace.findings(Teapot.self).first?.severity == .warning)
    }

    @Test func `a connection that came up in the end lowers the severity`() {
        var trace = HandMade()
        trace.failedConnection("registry.example:443")
        #expect(trace.findings(HandMade.lastResort).first?.severity == .error)
        trace.exchange(status: 200)
        let finding = trace.findings(HandMade.lastResort).first
        #expect(finding?.severity == .warning)
        #expect(finding?.title.hasSuffix("connection refused (record 1).") == true, "\(finding?.title ?? "")")
    }

    @Test func `a specific finding silences a generic one about its exchange, and only that`() {
        var trace = HandMade()
        trace.exchange(status: 418)
        trace.exchange(status: 500)
        let findings = trace.findings(AnyFailure.self, Teapot.self)
        #expect(findings.map(\.rule) == ["teapot", "any-failure"])
        #expect(findings.last?.evidence == [Evidence(2, "response.status")])
    }

    @Test func `any finding silences the last resort`() {
        var trace = HandMade()
        trace.exchange(status: 418)
        trace.exchange(status: 500)
        #expect(trace.findings(HandMade.lastResort, AnyFailure.self).map(\.rule) == ["any-failure", "any-failure"])
        #expect(trace.findings(HandMade.lastResort, Teapot.self).map(\.rule) == ["teapot", "unexplained-error"])
    }

    @Test func `who explains a connection explains the exchange that failed with it`() {
        enum Refused: Rule {
            static let name = "refused"
            static let severity = Severity.error
            static let party = Party.network
            static let symptoms: [String] = []
            static func check(_ connection: DecodedConnection, in window: TraceWindow) -> Finding? {
                finding("Refused.", advice: "-", evidence: [Evidence(connection.seq, "connection.failure")])
            }
        }
        var trace = HandMade()
        let connection = trace.failedConnection("registry.example:443")
        trace.exchange(status: nil) { $0.exchange.connection = Int(connection) }
        trace.exchange(status: nil) { $0.exchange.connection = 99 }
        let findings = trace.findings(HandMade.lastResort, Refused.self)
        #expect(findings.map(\.rule) == ["refused", "unexplained-error"])
        #expect(findings.last?.evidence.map(\.seq) == [3])
    }

    @Test func `each exchange can be asked which rules cite it, silenced ones left out`() {
        var trace = HandMade()
        trace.exchange(status: 418)
        trace.exchange(status: 500)
        for number in 1...50 { trace.exchange(tag: "v\(number)", status: 418) }
        var engine = DiagnosisEngine(rules: [Teapot.self, AnyFailure.self], marksExchanges: true)
        for event in trace.events { engine.handle(event) }
        _ = engine.finish(TraceSummary())
        #expect(engine.rules(citing: 1) == ["teapot"])
        #expect(engine.rules(citing: 2) == ["any-failure"])
        #expect(engine.rules(citing: 52) == ["teapot"])
        #expect(engine.rules(citing: 99) == [])
    }

    @Test func `the weightier comes first, then the specific, then the earlier`() {
        var trace = HandMade()
        trace.exchange(tag: "v0", status: 500)
        trace.exchange(host: "a.example", status: 418)
        trace.exchange(host: "b.example", status: 418)
        trace.exchange(host: "a.example", status: 200)
        let findings = trace.findings(AnyFailure.self, Teapot.self)
        #expect(
            findings.map { "\($0.severity) \($0.rule) \($0.subject)" } == [
                "error teapot b.example", "error any-failure 500", "warning teapot a.example",
            ])
    }

    @Test func `a rule that talks without end is cut short and counted`() {
        var trace = HandMade()
        for _ in 1...1_000 { trace.exchange() }
        let findings = trace.findings(Chatterbox.self)
        #expect(findings.count == 21)
        #expect(findings.last?.title == "chatterbox was found 980 times more, of other subjects.")
        #expect(findings.last?.evidence.first?.seq == 21)
    }

    @Test func `what a peer sent neither breaks a line nor fills a page`() {
        enum Loud: Rule {
            static let name = "loud"
            static let severity = Severity.error
            static let party = Party.registry
            static let symptoms: [String] = []
            static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
                finding(
                    String(repeating: "x", count: 100_000) + "\nEverything is fine.", detail: "a\r\nb",
                    advice: "one\n\n  two\u{2028}three", evidence: [Evidence(exchange.seq, "response.status")])
            }
        }
        var trace = HandMade()
        trace.exchange(status: 500)
        let finding = trace.findings(Loud.self).first
        #expect((finding?.title.count ?? 0) < 450)
        #expect(finding?.title.contains("\n") == false)
        #expect(finding?.detail == "a b")
        #expect(finding?.advice == "one\n  two three")
    }

    @Test func `rules run in any order give the same findings`() {
        var trace = HandMade()
        for number in 1...50 { trace.exchange(tag: "v\(number)", status: number % 3 == 0 ? 418 : 500) }
        let findings = trace.findings(Teapot.self, AnyFailure.self, Chatterbox.self)
        #expect(trace.findings(Chatterbox.self, AnyFailure.self, Teapot.self) == findings)
    }
}
