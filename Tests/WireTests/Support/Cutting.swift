import TapeModel
import TestSupport
import Testing

/// Reads one conversation in every way in which a network may cut it, and compares what is said each time.
enum Cutting {
    static func check(_ conversation: Conversation, trailing: (Step) -> Step) {
        let whole = Transcript(conversation.steps) { _ in [] }
        #expect(whole.text == conversation.transcript, "\(conversation), whole")
        compare(whole, Transcript(conversation.steps) { Array(1..<max(1, $0)) }, "\(conversation), octet by octet")
        for seed in UInt64(0)..<30 {
            var random = SeededGenerator(seed: seed)
            let cut = Transcript(conversation.steps) { count in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }
                    .sorted()
            }
            compare(whole, cut, "\(conversation), cut at random with seed \(seed)")
        }
        followed(conversation, whole, by: trailing)
    }

    /// What comes behind in the same read changes nothing of what was said before.
    private static func followed(_ conversation: Conversation, _ whole: Transcript, by trailing: (Step) -> Step) {
        guard !whole.wasOpen, let last = conversation.steps.last else { return }
        let longer = Transcript(conversation.steps.dropLast() + [trailing(last)]) { _ in [] }
        #expect(
            Array(longer.lines.prefix(whole.linesBeforeEnd)) == Array(whole.lines.prefix(whole.linesBeforeEnd)),
            "\(conversation), with trailing octets")
        #expect(longer.rules.violations.isEmpty, "\(conversation), with trailing octets")
    }

    private static func compare(_ whole: Transcript, _ cut: Transcript, _ what: String) {
        #expect(cut.text == whole.text, "\(what)")
        #expect(cut.rules.violations.isEmpty, "\(what)")
        #expect(cut.anomalies.map(\.raw) == whole.anomalies.map(\.raw), "\(what): raw octets")
    }
}
