package import Replay
import TapeModel

/// What a scenario file says: which answers are disturbed, and how time passes.
package struct ReplayScenario: Sendable {
    /// What is wrong, in one sentence, and on which line.
    package struct Mistake: Error {
        package var line: Int?
        package let sentence: String

        init(_ sentence: String, line: Int? = nil) {
            self.sentence = sentence
            self.line = line
        }
    }

    package var faults: [FaultRule] = []
    package var seed: UInt64?
    package var pace: Pace?
    package var clock: ReplayClock?

    /// How long answers take.
    package enum Pace: Sendable {
        case atOnce
        /// What was recorded, times this.
        case recorded(Double)

        package var factor: Double? {
            switch self {
            case .atOnce: nil
            case .recorded(let factor): factor
            }
        }
    }

    /// An empty one: nothing is disturbed.
    package init() {}

    /// Reads the YAML of a scenario.
    /// - Throws: the first mistake in it.
    package init(yaml text: String) throws(Mistake) { self = try ScenarioReader.scenario(text) }

    package static func pace(_ text: String) throws(Mistake) -> Pace {
        switch text {
        case "none": return .atOnce
        case "recorded": return .recorded(1)
        default:
            guard let factor = Double(text), factor.isFinite, factor > 0, factor <= 1_000 else {
                throw Mistake("timing \(text) is none of none, recorded, and a factor such as 0.5")
            }
            return .recorded(factor)
        }
    }

    package static func clock(_ text: String) throws(Mistake) -> ReplayClock {
        guard let instant = Instant(timestamp: text) else {
            throw Mistake("clock \(text) is no time; write for example 2026-11-23T10:00:00Z")
        }
        return .fixed(instant)
    }

    /// Octets of a scenario; thousands of faults fit.
    package static let longest = 1 << 20
}
