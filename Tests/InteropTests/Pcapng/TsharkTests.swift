import Foundation
import Interop
import TapeModel
import TestSupport
import Testing

@Suite(.enabled(if: Program.areUsable("tshark", "capinfos")), .timeLimit(.minutes(2)))
struct TsharkTests {
    @Test(arguments: ["docker.tape", "pull-and-push.tape", "authorization-forwarded.tape"])
    func `a recorded tape`(name: String) async throws {
        let tape = try RecordsInHand(tape: name)
        let exported = try tape.exported()
        try Data(exported.octets).write(to: URL(filePath: "/tmp/x8-\(name).pcapng"))
        print(exported.losses.statement.joined(separator: "\n"))
    }
}
