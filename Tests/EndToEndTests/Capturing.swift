import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

/// Packets of the loopback device while a test goes on, by dumpcap, and the tape that `regtape capture` makes of them.
struct Capturing {
    let process: ChildProcess
    let file: String
    let tape: String

    static func start(filter: String, in directory: TemporaryDirectory) async throws -> Capturing {
        let file = directory.entry("captured.pcapng")
        let process = try ChildProcess(
            try Program("dumpcap").required(), ["-q", "-i", "lo", "-B", "128", "-w", file, "-f", filter])
        _ = try await process.line(containing: "File:")
        return Capturing(process: process, file: file, tape: directory.entry("captured.tape"))
    }

    /// Ends the capture and reads it; gives what was printed.
    func finish(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        // What the kernel still holds reaches dumpcap within its read timeout.
        try await Task.sleep(for: .seconds(1))
        process.signal(SIGINT)
        let outcome = try await process.finished(within: .seconds(60))
        #expect(outcome.errorText.contains("dropped on interface 'Loopback: lo': ") && outcome.succeeded, "\(outcome)")
        return try await ChildProcess.run(
            Recording.binary, ["capture", "--read", file, "--tape", tape] + arguments, within: .seconds(60))
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
