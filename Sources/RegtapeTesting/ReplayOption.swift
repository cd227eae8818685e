public import Foundation
import Replay
import ReplayWiring
import TapeModel

/// How a tape is replayed to a test; without any of these as a registry without TLS that answers what was recorded,
/// as fast as it can, and fails the test where it was asked for something else.
public struct ReplayOption: Sendable {
    /// Changes what the replay is started with.
    let apply: @Sendable (inout Settings) throws -> Void

    struct Settings {
        var setup: RunningReplay.Setup
        var isLenient = false
        var scenario = ReplayScenario()
        /// What relative paths count from.
        let base: URL

        /// What an option says wins over what a file says, and its faults come first.
        mutating func takeScenario() {
            setup.options.faults += scenario.faults
            if setup.options.timing == nil { setup.options.timing = scenario.pace?.factor }
            if case .moving = setup.options.clock, let clock = scenario.clock { setup.options.clock = clock }
            if setup.options.seed == 0, let seed = scenario.seed { setup.options.seed = seed }
        }
    }

    /// `TapeReplay.url` speaks TLS, with a leaf of `TapeReplay.certificatePath` for whatever name is asked for.
    public static let tls = ReplayOption { $0.setup.isTLS = true }

    /// Pushes and deletes that the tape does not have are taken, until the replay ends.
    public static let writable = ReplayOption { $0.setup.options.isWritable = true }

    /// Misses do not fail the test; `TapeReplay.misses` has them all the same.
    public static let lenient = ReplayOption { $0.isLenient = true }

    /// The whole URL counts, instead of what a request means.
    public static let exact = ReplayOption { $0.setup.matching = .exact }

    /// Disturbs answers, in the words of `regtape replay --fault`: `ACTION[=VALUE][@WHEN] [FILTER]`.
    ///
    /// `"cut=1M@2 op:blob.get"` breaks the second blob off behind 1 MiB, `"429=30 op:manifest.get"` answers every manifest
    /// with 429 and `Retry-After: 30`. A text that is no fault makes the replay fail to start.
    public static func fault(_ text: String) -> ReplayOption {
        ReplayOption { settings in
            do throws(FaultError) {
                settings.setup.options.faults.append(try FaultRule(parsing: text))
            } catch {
                throw ReplayFailure(description: "the fault '\(text)': \(error.description)")
            }
        }
    }

    /// Disturbs answers as a file says, in the form of `regtape replay --scenario`.
    ///
    /// A relative path counts from the directory of the source file. A mistake in the file makes the replay fail to start,
    /// and is told with its line.
    ///
    /// Faults of other options come before those of the file; `.clock`, `.timing` and `.seed` win over it.
    public static func scenario(_ file: String) -> ReplayOption {
        ReplayOption { settings in
            let url = URL(filePath: file, relativeTo: settings.base)
            guard let data = try? Data(contentsOf: url), data.count <= ReplayScenario.longest else {
                throw ReplayFailure(
                    description: "the scenario \(url.path) cannot be read, or is longer than 1 MiB")
            }
            do throws(ReplayScenario.Mistake) {
                settings.scenario = try ReplayScenario(yaml: String(decoding: data, as: UTF8.self))
            } catch {
                throw ReplayFailure(
                    description: "\(url.path)\(error.line.map { ":\($0)" } ?? ""): \(error.sentence)")
            }
        }
    }

    /// It is this moment throughout, for tests that compare times; otherwise times are moved to now.
    public static func clock(_ time: Date) -> ReplayOption {
        ReplayOption { settings in
            // Of a date beyond what microseconds can count nothing sensible can be said.
            guard let microseconds = Int64(exactly: (time.timeIntervalSince1970 * 1_000_000).rounded()) else {
                throw ReplayFailure(description: "\(time) is too far away for a clock")
            }
            settings.setup.options.clock = .fixed(Instant(microseconds: microseconds))
        }
    }

    /// Waits as long as was recorded, times `factor`: 1 for the recorded pace, 0.5 for twice as fast.
    public static func timing(_ factor: Double) -> ReplayOption {
        ReplayOption { settings in
            guard factor.isFinite, factor > 0, factor <= 1_000 else {
                throw ReplayFailure(description: "timing is above 0 and at most 1000, not \(factor)")
            }
            settings.setup.options.timing = factor
        }
    }

    /// Whatever is left to chance, as a fault with a probability is, comes out the same for the same number.
    public static func seed(_ number: UInt64) -> ReplayOption {
        ReplayOption { $0.setup.options.seed = number }
    }
}

/// Why a replay could not be started for a test, in one sentence.
public struct ReplayFailure: Error, Sendable, CustomStringConvertible {
    /// What happened and what to do about it.
    public let description: String
}
