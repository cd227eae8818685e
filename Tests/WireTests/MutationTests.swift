import Foundation
import TapeModel
import Testing
import Wire

/// Damaged conversations of both protocols: nothing traps, hangs or grows, and what is said keeps to its rules.
///
/// A few seconds of it with every test run; `tools/fuzz wire` goes on from another seed for as long as it is told.
struct MutationTests {
    private static let corpus = (HTTP1Tests.all + HTTP2Tests.all).map(\.steps)
        .filter { steps in steps.reduce(0) { $0 + $1.count } < 4_096 }

    @Test func `two hundred thousand damaged conversations`() throws {
        let first = Self.setting("REGTAPE_FUZZ_SEED") ?? 0
        let seconds = Self.setting("REGTAPE_FUZZ_SECONDS")
        let began = ContinuousClock.now
        let memory = try Self.residentBytes()
        var seed = first
        while seconds.map({ ContinuousClock.now - began < .seconds(Int64($0)) }) ?? (seed < first + 200_000) {
            let sentence = Self.violation(seed)
            #expect(sentence == nil, "seed \(seed): REGTAPE_FUZZ_SEED=\(seed) begins there")
            seed += 1
            // A trap tells no seed; what was said last bounds it to these.
            if seconds != nil, seed.isMultiple(of: 10_000) { print("fuzz: seeds below \(seed) are done") }
        }
        // The allocator keeps some; a leak of a single octet array for each run would be more than this.
        // The process is that of other tests as well, whose packets and captures take their share meanwhile.
        #expect(try Self.residentBytes() - memory < 512 << 20)
    }

    /// What is wrong with what the decoder says of the conversation that this seed makes.
    private static func violation(_ seed: UInt64) -> String? {
        var mutation = Mutation(seed: seed)
        let steps = mutation.apply(
            to: corpus[Int(seed % UInt64(corpus.count))], donor: corpus[Int(seed / 7 % UInt64(corpus.count))])
        guard seed.isMultiple(of: 8) else { return EventRules.violation(steps) { mutation.cuts(of: $0) } }
        // The dearer question for some of them: whether it is all the same how the octets were cut.
        let whole = Transcript(steps) { _ in [] }
        let cut = Transcript(steps) { mutation.cuts(of: $0) }
        guard whole.text == cut.text else { return "cut otherwise it reads\n\(cut.text)\ninstead of\n\(whole.text)" }
        return whole.rules.violations.first ?? cut.rules.violations.first
    }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    private static func residentBytes() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (statm.count > 1 ? Int(statm[1]) ?? 0 : 0) * 4_096
    }
}

extension EventRules {
    /// Feeds a conversation and says what rule its events break, without writing them down.
    static func violation(_ steps: [Step], cut: (Int) -> [Int]) -> String? {
        var decoder = ConnectionDecoder(connection: 1, scheme: "https", authority: "r.test:443")
        var rules = EventRules()
        var events: [ExchangeEvent] = []
        func say(_ bytes: Int) {
            for event in events { rules.check(event, bytes: bytes) }
            events.removeAll(keepingCapacity: true)
        }
        let now = Instant(microseconds: 1)
        for step in steps {
            switch step {
            case .client(let octets), .server(let octets):
                var start = 0
                for end in cut(octets.count) + [octets.count] where end > start {
                    let piece = octets.span.extracting(start..<end)
                    decoder.receive(step.side, piece, at: now, into: &events)
                    say(end - start)
                    start = end
                }
            case .clientEnds, .serverEnds:
                decoder.endOfStream(step.side, at: now, into: &events)
                say(0)
            }
        }
        decoder.abort(ExchangeError(party: .client, code: "gone", detail: ""), at: now, into: &events)
        say(0)
        rules.finish(open: decoder.openExchanges)
        return rules.violations.first
    }
}
