import Glibc
import Replay
import TapeModel

/// What a scenario file says: which answers are disturbed, and how time passes.
struct ReplayScenario {
    /// What is wrong, in one sentence, and on which line.
    struct Mistake: Error {
        var line: Int?
        let sentence: String

        init(_ sentence: String, line: Int? = nil) {
            self.sentence = sentence
            self.line = line
        }
    }

    var faults: [FaultRule] = []
    var seed: UInt64?
    var pace: Pace?
    var clock: ReplayClock?

    /// How long answers take.
    enum Pace {
        case atOnce
        /// What was recorded, times this.
        case recorded(Double)

        var factor: Double? {
            switch self {
            case .atOnce: nil
            case .recorded(let factor): factor
            }
        }
    }

    /// Reads a file.
    /// - Throws: `ExitStatus.Failure` with `FILE:LINE: what was found and what was expected`.
    static func read(_ path: String) throws -> ReplayScenario {
        guard access(path, R_OK) == 0 else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "cannot read the scenario \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        // A pipe that nobody writes to would be waited for for ever.
        let isFile = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        guard isFile, let text = SmallFile.read(path, limit: longest) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(path) is no file, or longer than a scenario may be: 1 MiB")
        }
        do throws(Mistake) {
            return try ScenarioReader.scenario(text)
        } catch {
            let place = error.line.map { "\(path):\($0)" } ?? path
            throw ExitStatus.Failure(ExitStatus.usage, "\(place): \(error.sentence)")
        }
    }

    static func pace(_ text: String) throws(Mistake) -> Pace {
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

    static func clock(_ text: String) throws(Mistake) -> ReplayClock {
        guard let instant = Instant(timestamp: text) else {
            throw Mistake("clock \(text) is no time; write for example 2026-11-23T10:00:00Z")
        }
        return .fixed(instant)
    }

    /// Octets of a scenario; thousands of faults fit.
    private static let longest = 1 << 20
}
