import ArgumentParser
import Report
import TapeStore

/// `regtape verify`: whether a tape is what was written.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a tape: its lines, their order, and every body against its digest.")

    @Argument(help: "The tape.")
    var tape: String

    @Flag(help: "Accept lines that were edited by hand: write their sums anew.")
    var seal = false

    func run() throws {
        guard case .tape(let directory) = try TraceSource(path: tape) else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(tape) is a log; only a tape can be verified")
        }
        if seal {
            let count = try TapeSeal.seal(directory: directory)
            Terminal.say("\(count) lines sealed")
        }
        let result = try TapeVerifier.verify(directory: directory)
        for problem in result.problems { print(InertText.of(problem.description)) }
        if result.problemCount > result.problems.count {
            print("… \(result.problemCount - result.problems.count) more")
        }
        var text = "\(result.records) records, \(result.exchanges) exchanges"
        if result.isTailCut { text += ", tail cut: the last line is incomplete, as after a crash, and is not used" }
        if !result.isEnded { text += ", no end record: the recording was not stopped in order" }
        print(text + (result.isGood ? ": good" : ": \(result.problemCount) problems"))
        if !result.isGood { throw ExitCode(ExitStatus.negative) }
    }
}
