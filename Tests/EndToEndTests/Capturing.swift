import Foundation
import TapeModel
import TapeStore
import TestSupport

/// `regtape capture` of the release binary on a device, started for one test.
struct Capturing {
    let process: ChildProcess
    let tape: String

    static func start(_ arguments: [String], in directory: TemporaryDirectory) async throws -> Capturing {
        let tape = directory.entry("captured.tape")
        let process = try ChildProcess(Recording.binary, ["capture", "--tape", tape] + arguments)
        _ = try await process.line(containing: "capturing on")
        return Capturing(process: process, tape: tape)
    }

    /// Ends the capture in order and gives what it printed.
    func stop() async throws -> ChildProcess.Outcome {
        process.signal(SIGTERM)
        return try await process.finished(within: .seconds(60))
    }
}

extension Recording {
    static func connections(of tape: String) throws -> [Connection] {
        let reader = try TapeReader(directory: tape)
        var connections: [Connection] = []
        while let entry = try reader.next() {
            if case .connection(let connection)? = entry.record { connections.append(connection) }
        }
        return connections
    }
}
