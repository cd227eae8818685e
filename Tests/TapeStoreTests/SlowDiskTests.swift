import Glibc
import TapeModel
import TapeStore
import Testing

/// What a slow disk does to a recording: nothing but make the lines of its own bodies late.
@Suite(.timeLimit(.minutes(1)))
struct SlowDiskTests {
    private let large = [UInt8](repeating: 0xF0, count: 40_000)

    @Test(arguments: TapeWriterOptions.Durability.allCases)
    func `while a layer is synchronised other exchanges are recorded, and its line waits`(
        durability: TapeWriterOptions.Durability
    ) throws {
        let scratch = Scratch()
        let disk = GatedDisk()
        let tape = try writer(scratch.tape, durability, files: disk)
        var told: [String] = []
        tape.onExchange = { told.append($0.request.head.url) }
        tape.open(1)
        tape.open(2)
        tape.exchange(1, 1, path: "/layer", body: large)
        disk.awaitWork()
        tape.exchange(1, 2, path: "/small")
        tape.exchange(2, 1, path: "/other")
        tape.close(2)
        tape.close(1)
        tape.tick(at: second(3))
        // On the tape while the disk is still at the layer.
        let early = try read(scratch.tape).entries.compactMap(\.record)
        #expect(early.map(\.kind) == ["tape", "connection", "connection", "exchange", "exchange", "connection-end"])
        #expect(told == (durability == .normal ? ["https://r/small", "https://r/other"] : []))
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
        disk.release()
        tape.finish(reason: "stopped", at: second(10))
        let entries = try read(scratch.tape).entries
        #expect(
            entries.compactMap(\.record).dropFirst(early.count).map(\.kind) == ["exchange", "connection-end", "end"])
        #expect(entries.map(\.seq) == Array(1...Int64(entries.count)))
        #expect(told == ["https://r/small", "https://r/other", "https://r/layer"])
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }

    @Test func `the same body twice while the disk is busy is one file and two lines`() throws {
        let scratch = Scratch()
        let disk = GatedDisk()
        let tape = try writer(scratch.tape, files: disk)
        tape.open(1)
        for number in 1...3 { tape.exchange(1, number, body: large) }
        disk.awaitWork()
        #expect(entries(scratch.tape + "/bodies").count == 4)
        disk.release()
        tape.finish(reason: "stopped", at: second(10))
        #expect(entries(scratch.tape + "/bodies") == ["sha256"])
        #expect(entries(scratch.tape + "/bodies/sha256").count == 1)
        let digests = Set(try exchanges(scratch.tape).map { $0.response?.body.sha256 })
        #expect(digests.count == 1 && !digests.contains(nil))
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }

    @Test func `the disk begins with a layer before its end`() throws {
        let scratch = Scratch()
        let disk = GatedDisk()
        let tape = try writer(scratch.tape, files: disk)
        tape.open(1)
        tape.begin(1, 1)
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<40 { tape.say(1, [.bodyReceived(exchange: 1, .server, 0..<piece.count)], piece) }
        // Would wait for ever if nothing had been handed over.
        disk.awaitWork()
        disk.release()
        tape.say(1, [.messageEnded(exchange: 1, .server), .exchangeEnded(exchange: 1, nil)])
        disk.awaitWork()
        disk.release()
        tape.finish(reason: "stopped", at: second(10))
        #expect(try exchanges(scratch.tape).first?.response?.body.length == 40 << 20)
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }

    @Test(arguments: [EIO, ENOSPC])
    func `a disk that fails in the background stops the recording with one sentence`(number: Int32) throws {
        let scratch = Scratch()
        let disk = GatedDisk()
        let tape = try writer(scratch.tape, .strict, files: disk)
        var told = 0
        var stops: [String] = []
        tape.onExchange = { _ in told += 1 }
        tape.onStop = { stops.append($0) }
        tape.open(1)
        tape.exchange(1, 1, body: large)
        disk.awaitWork()
        disk.release(failing: FileFailure(number, in: "fdatasync"))
        tape.finish(reason: "stopped", at: second(10))
        tape.exchange(1, 2)
        #expect(told == 0 && stops.count == 1)
        let verification = try TapeVerifier.verify(directory: scratch.tape)
        #expect(verification.isGood && verification.exchanges == 0 && !verification.isTailCut && !verification.isEnded)
        #expect(entries(scratch.tape + "/bodies") == ["sha256"])
    }

    @Test func `many bodies at once do not use up the descriptors`() throws {
        let scratch = Scratch()
        let tape = try writer(scratch.tape)
        var most = 0
        tape.open(1)
        for number in 1...600 {
            tape.exchange(1, number, body: Array(repeating: UInt8(number % 251), count: 20_000 + number))
            most = max(most, entries(scratch.tape + "/bodies").count)
        }
        tape.finish(reason: "stopped", at: second(10))
        // 128 that wait, the one at hand, and the directory of digests.
        #expect(most <= 130)
        #expect(try exchanges(scratch.tape).count == 600)
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    }
}
