import Glibc
import ReplayWiring

/// `--scenario`, from its path to what it says.
enum ScenarioFile {
    /// - Throws: `ExitStatus.Failure` with `FILE:LINE: what was found and what was expected`.
    static func read(_ path: String) throws -> ReplayScenario {
        guard access(path, R_OK) == 0 else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "cannot read the scenario \(path): \(String(cString: strerror(errno)))")
        }
        guard let text = SmallFile.read(path, limit: ReplayScenario.longest) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(path) is no file, or longer than a scenario may be: 1 MiB")
        }
        do throws(ReplayScenario.Mistake) {
            return try ReplayScenario(yaml: text)
        } catch {
            let place = error.line.map { "\(path):\($0)" } ?? path
            throw ExitStatus.Failure(ExitStatus.usage, "\(place): \(error.sentence)")
        }
    }
}
