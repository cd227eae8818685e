/// Header lines that redaction left as they were, so that the same line of the next message need not be looked through.
///
/// A server says nearly the same with each answer. What was harmless is no more when another secret is learned, since it
/// may stand in there; so all is asked with the number of those that are known.
struct HarmlessLines: Sendable {
    private var lines: Set<FieldLine> = []
    private var learnings = 0

    /// A peer that sends another line each time must not fill the memory.
    private static let most = 128
    private static let longest = 256

    func contains(_ line: FieldLine, after learnings: Int) -> Bool {
        learnings == self.learnings && !lines.isEmpty && lines.contains(line)
    }

    mutating func insert(_ line: FieldLine, after learnings: Int) {
        guard line.name.utf8.count + line.value.utf8.count <= Self.longest else { return }
        if learnings != self.learnings || lines.count >= Self.most { lines = [] }
        self.learnings = learnings
        lines.insert(line)
    }
}
