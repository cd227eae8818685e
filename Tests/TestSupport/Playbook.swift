public import Testing

/// Drives a machine that is a value: events in, whole lists of actions out, compared exactly.
///
/// A mismatch is reported as the transcript so far, so that a protocol bug can be read by somebody who has never seen the
/// machine. Nothing may be left over: `finished()` fails where actions came that no line expected.
///
///     Playbook(Machine()) { $0.handle($1, at: clock.now) }
///         .send(.opened).expect(.dial)
///         .send(.dialFailed).expect(.answer(502), .close)
///         .finished()
public struct Playbook<Machine, Event, Action: Equatable> {
    public private(set) var machine: Machine
    private let handle: (inout Machine, Event) throws -> [Action]
    private var transcript: [String] = []
    private var unclaimed: [Action] = []

    public init(_ machine: Machine, handle: @escaping (inout Machine, Event) throws -> [Action]) {
        self.machine = machine
        self.handle = handle
    }

    /// Hands one event to the machine and keeps what it wants done.
    ///
    /// An error ends the test with the transcript.
    public func send(_ event: Event, sourceLocation: SourceLocation = #_sourceLocation) -> Playbook {
        var next = self
        next.transcript.append("> \(event)")
        do {
            next.unclaimed += try handle(&next.machine, event)
        } catch {
            next.transcript.append("! threw \(error)")
            next.fail("an event was refused", at: sourceLocation)
        }
        return next
    }

    /// Compares all actions since the last `expect` with these.
    public func expect(_ expected: Action..., sourceLocation: SourceLocation = #_sourceLocation) -> Playbook {
        var next = self
        let actual = unclaimed
        next.unclaimed = []
        if actual == expected {
            next.transcript += actual.map { "  \($0)" }
        } else {
            next.transcript += difference(from: expected, to: actual)
            next.fail("the machine's actions differ from what was expected (- expected, + actual)", at: sourceLocation)
        }
        return next
    }

    /// Ends the play: an action that nobody expected is a failure.
    ///
    /// Returns the machine for a last look.
    @discardableResult
    public func finished(sourceLocation: SourceLocation = #_sourceLocation) -> Machine {
        if !unclaimed.isEmpty {
            var last = self
            last.transcript += unclaimed.map { "+ \($0)" }
            last.fail("actions came that were not expected", at: sourceLocation)
        }
        return machine
    }

    private func fail(_ sentence: String, at sourceLocation: SourceLocation) {
        let text = transcript.map { "    \($0)" }.joined(separator: "\n")
        Issue.record("\(sentence):\n\(text)", sourceLocation: sourceLocation)
    }

    /// Both lists as one, in order: common lines plain, the others marked.
    private func difference(from expected: [Action], to actual: [Action]) -> [String] {
        let changes = actual.difference(from: expected)
        var removed: [Int: Action] = [:]
        var inserted: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, let action, _): removed[offset] = action
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [String] = []
        var place = 0
        for (offset, action) in actual.enumerated() {
            while let missing = removed.removeValue(forKey: place) {
                lines.append("- \(missing)")
                place += 1
            }
            if inserted.contains(offset) {
                lines.append("+ \(action)")
            } else {
                lines.append("  \(action)")
                place += 1
            }
        }
        while let missing = removed.removeValue(forKey: place) {
            lines.append("- \(missing)")
            place += 1
        }
        return lines
    }
}
