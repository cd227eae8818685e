import Foundation
import TestSupport
import Testing
import Wire

/// Damaged captures without end, each made by its seed.
///
/// Some hundreds of them with every test run; `tools/fuzz capture` goes on from another seed for as long as it is told.
@Suite(.timeLimit(.minutes(60)))
struct CaptureFuzzTests {
    @Test func `hundreds of damaged captures`() async throws {
        var captures: [CapturedFrames] = []
        for name in CapturedFrames.names { captures.append(try await CapturedFrames(name)) }
        let first = Self.setting("REGTAPE_FUZZ_SEED") ?? 0
        let seconds = Self.setting("REGTAPE_FUZZ_SECONDS")
        let began = ContinuousClock.now
        var seed = first
        while seconds.map({ ContinuousClock.now - began < .seconds(Int64($0)) }) ?? (seed < first + 600) {
            let told = Self.damaged(captures[Int(seed % UInt64(captures.count))], seed).told(Self.limits(seed))
            #expect(told.violations.isEmpty, "seed \(seed): \(told.violations)")
            seed += 1
            // A trap tells no seed; what was said last bounds it to these.
            if seconds != nil, seed.isMultiple(of: 1_000) { print("fuzz: seeds below \(seed) are done") }
        }
    }

    /// Several kinds of damage at once, little or much of each.
    private static func damaged(_ whole: CapturedFrames, _ seed: UInt64) -> CapturedFrames {
        var random = SeededGenerator(seed: seed)
        var capture = whole
        func isDue(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        let (lost, doubled, cut, changed) = (
            Int.random(in: 0...10, using: &random), Int.random(in: 0...10, using: &random),
            Int.random(in: 0...5, using: &random), Int.random(in: 0...30, using: &random)
        )
        let share = [1_000, 200, 50].randomElement(using: &random) ?? 50
        // Behind the headers most often: what damages those is soon done with.
        let start = isDue(60) ? 54 : 0
        var frames: [CapturedFrames.Frame] = []
        for var frame in whole.frames where !isDue(lost) {
            if isDue(cut) {
                frame.octets.removeLast(Int.random(in: 0...frame.octets.count, using: &random))
            }
            if isDue(changed), frame.octets.count > start {
                for _ in 0...(frame.octets.count - start) / share {
                    let index = Int.random(in: start..<frame.octets.count, using: &random)
                    frame.octets[index] = .random(in: 0...255, using: &random)
                }
            }
            frames.append(frame)
            if isDue(doubled) { frames.insert(frame, at: Int.random(in: 0...frames.count, using: &random)) }
        }
        if isDue(50), let reach = [2, 8, 40].randomElement(using: &random) {
            for index in frames.indices {
                frames.swapAt(index, min(frames.count - 1, index + Int.random(in: 0...reach, using: &random)))
            }
        }
        capture.frames = frames
        // Secrets of another connection, or none.
        if isDue(10) { capture.keys = Array(whole.keys.dropFirst(whole.keys.count / 2)) }
        return capture
    }

    /// Limits as they are, and others that everything runs into.
    private static func limits(_ seed: UInt64) -> ReassemblyLimits {
        var limits = ReassemblyLimits()
        guard seed.isMultiple(of: 3) else { return limits }
        limits.flows = 4
        limits.heldPerStream = 3_000
        limits.heldInAll = 5_000
        limits.waitingForSecrets = 30_000
        limits.history = 2_000
        limits.patienceInSegments = 4
        return limits
    }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}
