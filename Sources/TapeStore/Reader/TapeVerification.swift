/// What verifying a tape found.
public struct TapeVerification: Sendable, Hashable {
    /// One thing that is not as it was written.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public enum Code: String, Sendable, Hashable {
            case damagedLine = "damaged-line"
            case wrongSum = "wrong-sum"
            case wrongOrder = "wrong-order"
            case missingBody = "missing-body"
            case wrongBody = "wrong-body"
            case notATape = "not-a-tape"
        }

        public var lineNumber: Int
        public var code: Code
        public var detail: String

        public var description: String { "line \(lineNumber): \(detail)" }
    }

    public var records = 0
    public var exchanges = 0
    /// The first thousand; `problemCount` counts all.
    public var problems: [Problem] = []
    public var problemCount = 0
    /// The tape ends within a line, as after a crash: a note, not a problem.
    public var isTailCut = false
    /// The last record says that writing stopped in order.
    public var isEnded = false

    public var isGood: Bool { problemCount == 0 }

    mutating func note(_ code: Problem.Code, line: Int, _ detail: String) {
        problemCount += 1
        if problems.count < 1000 { problems.append(Problem(lineNumber: line, code: code, detail: detail)) }
    }
}
