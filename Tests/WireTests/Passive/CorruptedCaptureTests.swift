import TapeModel
import TestSupport
import Testing
import Wire

/// Captures that were damaged on their way: nothing traps, everything ends, and what a tape is told keeps to its rules.
@Suite(.timeLimit(.minutes(3)))
struct CorruptedCaptureTests {
    /// Limits as they are, and others that everything runs into.
    private static func limits(_ seed: UInt64) -> ReassemblyLimits {
        var limits = ReassemblyLimits()
        guard seed.isMultiple(of: 2) else { return limits }
        limits.flows = 3
        limits.heldPerStream = 4_000
        limits.heldInAll = 6_000
        limits.waitingForSecrets = 20_000
        limits.history = 1_000
        limits.patienceInSegments = 3
        return limits
    }

    @Test(arguments: CapturedFrames.names) func `a whole capture keeps to the rules`(name: String) async throws {
        let told = try await CapturedFrames(name).told()
        #expect(told.violations.isEmpty && told.exchanges > 0, "\(told.violations)")
    }

    @Test(arguments: CapturedFrames.names)
    func `two octets in a hundred of every frame are changed`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        for seed in 0..<20 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var damaged = whole
            for index in damaged.frames.indices { Self.change(&damaged.frames[index].octets, &random) }
            // Secrets that open nothing are another way through the same code.
            if seed.isMultiple(of: 3) { Self.change(&damaged.keys, &random) }
            let told = damaged.told(Self.limits(seed))
            #expect(told.violations.isEmpty, "seed \(seed): \(told.violations)")
        }
    }

    @Test(arguments: CapturedFrames.names)
    func `two octets in a hundred of the contents alone are changed`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        for seed in 0..<20 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var damaged = whole
            // Behind the headers of a loopback frame: so that damage reaches TLS and HTTP.
            for index in damaged.frames.indices where damaged.frames[index].octets.count > 66 {
                var content = Array(damaged.frames[index].octets[66...])
                if Int.random(in: 0..<4, using: &random) == 0 { Self.change(&content, &random) }
                damaged.frames[index].octets.replaceSubrange(66..., with: content)
            }
            let told = damaged.told(Self.limits(seed))
            #expect(told.violations.isEmpty, "seed \(seed): \(told.violations)")
        }
    }

    @Test(arguments: CapturedFrames.names)
    func `the file itself is changed`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var file = whole.file
            if seed.isMultiple(of: 2) {
                Self.change(&file, &random)
            } else {
                // A few, so that what is behind them is read as well.
                for _ in 0..<5 {
                    file[Int.random(in: 0..<file.count, using: &random)] = .random(in: 0...255, using: &random)
                }
            }
            let told = CapturedFrames(prefix: file[...], keys: whole.keys).told()
            #expect(told.violations.isEmpty, "seed \(seed): \(told.violations)")
        }
    }

    @Test(arguments: CapturedFrames.names)
    func `the file is cut off at every length`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        // Of a large one a thousand of them; a prime, so that every place within a block has its turn.
        let step = whole.file.count < 50_000 ? 1 : max(1, whole.file.count / 997)
        var frames = -1
        for length in stride(from: 0, to: whole.file.count, by: step) {
            var reader = CaptureFileReader()
            var found = 0
            let part = Array(whole.file[..<length])
            let consumed = try reader.receive(part.span) { if case .frame = $0 { found += 1 } }
            #expect(consumed <= length && found >= frames && found <= whole.frames.count)
            // Where no further frame is whole, the tape is told the same.
            guard found > frames else { continue }
            frames = found
            var cut = whole
            cut.frames.removeLast(whole.frames.count - found)
            let told = cut.told()
            #expect(told.violations.isEmpty, "\(length): \(told.violations)")
        }
    }

    @Test(arguments: CapturedFrames.names)
    func `frames are cut by a snap length`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        for length in [
            0, 1, 13, 14, 20, 33, 34, 35, 53, 54, 60, 66, 67, 70, 71, 72, 90, 128, 200, 500, 1_000, 1_500, 9_000,
        ] {
            var cut = whole
            for index in cut.frames.indices {
                cut.frames[index].octets = Array(cut.frames[index].octets.prefix(length))
            }
            let told = cut.told()
            #expect(told.violations.isEmpty, "\(length): \(told.violations)")
        }
    }

    @Test(arguments: CapturedFrames.names)
    func `frames are lost, doubled and in another order`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        for seed in 0..<30 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var frames: [CapturedFrames.Frame] = []
            let (lost, doubled) = (Int.random(in: 0...20, using: &random), Int.random(in: 0...20, using: &random))
            for frame in whole.frames where Int.random(in: 0..<100, using: &random) >= lost {
                frames.append(frame)
                if Int.random(in: 0..<100, using: &random) < doubled {
                    frames.insert(frame, at: Int.random(in: 0...frames.count, using: &random))
                }
            }
            let reach = [1, 3, 10, frames.count][Int(seed % 4)]
            for index in frames.indices {
                frames.swapAt(index, min(frames.count - 1, index + Int.random(in: 0...reach, using: &random)))
            }
            var mixed = whole
            mixed.frames = frames
            let told = mixed.told(Self.limits(seed))
            #expect(told.violations.isEmpty, "seed \(seed): \(told.violations)")
        }
    }

    @Test(arguments: ["http1-plain.pcap", "http1-tls12.pcap", "http2-tls13.pcapng", "skopeo.pcapng.gz"])
    func `frames that come twice change nothing of what was said`(name: String) async throws {
        let whole = try await CapturedFrames(name)
        var doubled = whole
        doubled.frames = whole.frames.flatMap { [$0, $0] }
        let told = doubled.told()
        #expect(told.violations.isEmpty, "\(told.violations)")
        #expect(told.lines == whole.told().lines && !told.lines.isEmpty)
    }

    /// Two in a hundred.
    private static func change(_ octets: inout [UInt8], _ random: inout SeededGenerator) {
        guard !octets.isEmpty else { return }
        for _ in 0..<max(1, octets.count / 50) {
            octets[Int.random(in: 0..<octets.count, using: &random)] = .random(in: 0...255, using: &random)
        }
    }
}
