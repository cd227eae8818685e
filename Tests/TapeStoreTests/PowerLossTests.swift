import Glibc
import TapeModel
import TapeStore
import Testing

struct PowerLossTests {
    @Test(arguments: [true, false], TapeWriterOptions.Durability.allCases)
    func `whenever power is lost, no line names a body that is missing or short`(
        isConcurrent: Bool, durability: TapeWriterOptions.Durability
    ) throws {
        let scratch = Scratch()
        let remains = scratch.path + "/remains"
        for directory in [remains, remains + "/bodies", remains + "/bodies/sha256"] { mkdir(directory, 0o700) }
        let disk = ForgetfulDisk(tape: scratch.tape, remains: remains)
        let tape = try writer(scratch.tape, durability, files: disk, isConcurrent: isConcurrent)
        tape.open(1)
        tape.open(2)
        for number in 1...8 {
            // Every other body repeats one that may still be on its way.
            let body = [UInt8](repeating: 0xF0 + UInt8(number / 2), count: 30_000)
            tape.exchange(1, number, body: body, piece: 9_000)
            tape.exchange(2, number, body: Array("text \(number)".utf8))
            tape.tick(at: second(Int64(number)))
        }
        tape.begin(1, 9)
        tape.say(1, [.bodyReceived(exchange: 9, .server, 0..<20_000)], [UInt8](repeating: 0xFF, count: 20_000))
        tape.close(1)
        tape.finish(reason: "stopped", at: second(20))
        #expect(disk.operations > 20)
        #expect(try exchanges(scratch.tape).count == 17)
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }
}
