import Glibc
import TapeModel
import TapeStore
import Testing

/// Writes a fixed workload; gives what was told as saved and the sentences said at a stop.
private func workload(
    _ directory: String, _ disk: SimulatedDisk
) -> (saved: [Exchange], stops: [String], refused: TapeError?) {
    var saved: [Exchange] = []
    var stops: [String] = []
    do throws(TapeError) {
        let tape = try writer(directory, .strict, files: disk, isConcurrent: false)
        tape.onExchange = { saved.append($0) }
        tape.onStop = { stops.append($0) }
        tape.open(1)
        for number in 1...3 {
            tape.exchange(1, number, body: Array("text \(number)".utf8))
            tape.exchange(1, 10 + number, body: Array(repeating: 0xF0 + UInt8(number), count: 40_000))
            tape.tick(at: second(Int64(number) * 2))
        }
        tape.close(1)
        tape.finish(reason: "stopped", at: second(10))
    } catch {
        return (saved, stops, error)
    }
    return (saved, stops, nil)
}

@Test(arguments: [(ENOSPC, false), (ENOSPC, true), (EDQUOT, true), (EIO, false), (EIO, true)])
func `whichever operation fails, what was told as saved is on the tape and nothing is torn`(
    number: Int32, forGood: Bool
) throws {
    let reference = Scratch()
    let disk = SimulatedDisk(failing: .max, number: number, forGood: forGood)
    let whole = workload(reference.tape, disk)
    #expect(whole.saved.count == 6 && whole.stops.isEmpty && whole.refused == nil)
    let operations = disk.count.operations
    #expect(operations > 60)
    for failing in 1...operations {
        let scratch = Scratch()
        let disk = SimulatedDisk(failing: failing, number: number, forGood: forGood)
        let outcome = workload(scratch.tape, disk)
        #expect(disk.count.failed)
        // Either it never began, or it stopped with one sentence.
        #expect((outcome.refused == nil) == (outcome.stops.count == 1), "operation \(failing)")
        #expect(outcome.stops.count <= 1)
        if number == EIO || disk.count.failedOperation == "fsync" {
            #expect(!disk.count.synchronizedAfterFailure, "operation \(failing)")
        }
        guard outcome.refused == nil else {
            #expect(entries(scratch.path) == [], "operation \(failing) left something behind")
            continue
        }
        let verification = try TapeVerifier.verify(directory: scratch.tape)
        #expect(verification.isGood && !verification.isTailCut, "operation \(failing): \(verification)")
        #expect(try exchanges(scratch.tape).starts(with: outcome.saved), "operation \(failing)")
        #expect(entries(scratch.tape + "/bodies") == ["sha256"], "operation \(failing)")
        // Where no synchronisation failed, the closing record finds room.
        if number != EIO, !forGood, disk.count.failedOperation != "fsync" {
            #expect(verification.isEnded, "operation \(failing)")
        }
        // The lock is gone, and the tape can be taken up.
        let tape = try writer(scratch.tape)
        tape.finish(reason: "stopped", at: second(30))
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }
}
