import Foundation
import TapeModel
import TapeStore
import TestSupport

/// A recorder of the release binary, started for one test.
struct Recording {
    let process: ChildProcess
    let port: String
    let tape: String
    let home: String
    let authority: String

    static var binary: String {
        ProcessInfo.processInfo.environment["REGTAPE_BINARY"] ?? RepositoryRoot.path(".build/release/regtape")
    }

    /// `name` tells two recorders of one test apart.
    static func start(
        _ arguments: [String], in directory: TemporaryDirectory, name: String = "test",
        environment: [String: String] = [:]
    ) async throws -> Recording {
        let home = directory.entry(name == "test" ? "home" : name)
        let tape = directory.entry(name + ".tape")
        let process = try ChildProcess(
            binary, ["record", "--listen", "127.0.0.1:0", "--tape", tape] + arguments,
            environment: environment.merging(["REGTAPE_HOME": home]) { $1 })
        let line = try await process.line(containing: "listening on")
        let port = String(line.split(separator: ":").last ?? "")
        return Recording(process: process, port: port, tape: tape, home: home, authority: home + "/ca/ca.crt")
    }

    /// Ends the recording in order and gives what it printed.
    func stop() async throws -> ChildProcess.Outcome {
        process.signal(SIGTERM)
        return try await process.finished(within: .seconds(30))
    }

    func exchanges() throws -> [Exchange] {
        let reader = try TapeReader(directory: tape)
        var exchanges: [Exchange] = []
        while let entry = try reader.next() {
            if case .exchange(let exchange)? = entry.record { exchanges.append(exchange) }
        }
        return exchanges
    }

    /// Whether `secret` can be found in any file of the tape.
    func holds(_ secret: String) throws -> Bool {
        let names = try FileManager.default.subpathsOfDirectory(atPath: tape)
        return try names.contains { name in
            let path = tape + "/" + name
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue else {
                return false
            }
            return try Data(contentsOf: URL(filePath: path)).range(of: Data(secret.utf8)) != nil
        }
    }
}

/// The lab: a real registry with tokens and redirected blobs, started once for all tests.
enum Lab {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What `tools/lab env` says, after the lab has been started and seeded.
    static func variables() async throws -> [String: String] { try await started.value }

    private static let started = Task { () async throws -> [String: String] in
        let tool = RepositoryRoot.path("tools/lab")
        for verb in ["start", "seed"] {
            let outcome = try await ChildProcess.run(tool, [verb], within: .seconds(180))
            guard outcome.succeeded else { throw Failure(description: "tools/lab \(verb): \(outcome)") }
        }
        let outcome = try await ChildProcess.run("/bin/bash", ["-c", "eval \"$(\(tool) env)\"; env"])
        var variables: [String: String] = [:]
        for line in outcome.outputText.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].hasPrefix("LAB_") { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }

    /// `method path status` of every exchange that the servers have logged, in the order of their logs.
    static func logged() async throws -> [String] {
        let outcome = try await ChildProcess.run(RepositoryRoot.path("tools/lab"), ["logs"])
        return outcome.outputText.split(separator: "\n").compactMap { line in
            guard let value = try? JSONValue(parsing: String(line)), let method = value["method"]?.string,
                let path = value["path"]?.string, let status = value["status"]?.int
            else { return nil }
            return "\(method) \(path) \(status)"
        }
    }
}
