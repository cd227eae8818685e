import ArgumentParser
import Capture
import Glibc
import Listener
import TapeStore

/// Why a command ends, in the numbers of DESIGN.md §6, and the only place where they and their words are made.
enum ExitStatus {
    static let good: Int32 = 0
    static let negative: Int32 = 1
    static let usage: Int32 = 2
    static let unreadable: Int32 = 3
    static let environment: Int32 = 4

    /// A failure with the sentence that the user reads.
    struct Failure: Error {
        let status: Int32
        let sentence: String

        init(_ status: Int32, _ sentence: String) {
            self.status = status
            self.sentence = sentence
        }
    }

    /// Runs the command that the arguments name and says how it ended.
    @MainActor static func of(arguments: [String]) async -> Int32 {
        do {
            var command = try Regtape.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return good
        } catch {
            return report(error)
        }
    }

    static func leave(_ status: Int32) -> Never {
        fflush(nil)
        exit(status)
    }

    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let failure as Failure:
            Terminal.say(failure.sentence)
            return failure.status
        case let error as ListenerError:
            Terminal.say(error.detail)
            switch error.code {
            case .badCertificates: return unreadable
            case .badPattern: return usage
            case .addressUnavailable, .authorityUnusable: return environment
            }
        case let error as CaptureFailure:
            Terminal.say(error.sentence)
            switch error.code {
            case .badFilter: return usage
            case .unreadableKeyLog: return unreadable
            case .noSuchDevice, .notPermitted, .deviceFailed, .badUser: return environment
            }
        case let error as TapeError:
            Terminal.say(error.description)
            switch error.code {
            case .unreadable, .laterVersion: return unreadable
            default: return environment
            }
        case let code as ExitCode:
            return code.rawValue
        default:
            return reportUsage(error)
        }
    }

    /// Help and version are answers on standard output; a mistake in the arguments goes to standard error.
    private static func reportUsage(_ error: any Error) -> Int32 {
        let message = Regtape.fullMessage(for: error)
        if Regtape.exitCode(for: error).isSuccess {
            print(message)
            return good
        }
        Terminal.write(message + "\n", to: STDERR_FILENO)
        return usage
    }
}
