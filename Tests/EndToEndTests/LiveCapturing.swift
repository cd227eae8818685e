import Foundation
import Glibc
import TapeModel
import TapeStore
import TestSupport
import Testing

/// `regtape capture -i`, started for one test.
struct LiveCapturing {
    let process: ChildProcess
    let tape: String

    /// Whether this process may capture.
    ///
    /// Under `CI=true` nobody asks: where the right is missing the tests fail with the sentence that regtape says then.
    static var isPermitted: Bool {
        if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return (capabilities(in: status, "CapEff") ?? 0) & (1 << 13) != 0
    }

    /// Starts capturing and returns when packets are being taken.
    ///
    /// The tape is named from the directory of the test, so that one may write it who may not enter those above it.
    static func start(
        on device: String = "lo", _ arguments: [String] = [], in directory: TemporaryDirectory,
        environment: [String: String?] = [:]
    ) async throws -> LiveCapturing {
        chmod(directory.path, 0o755)
        var variables: [String: String?] = ["SUDO_UID": nil, "SUDO_GID": nil]
        variables.merge(environment) { $1 }
        let process = try ChildProcess(
            Recording.binary, ["capture", "-i", device, "--tape", "live.tape"] + arguments, environment: variables,
            directory: directory.path)
        _ = try await process.line(containing: "capturing on \(device)")
        return LiveCapturing(process: process, tape: directory.entry("live.tape"))
    }

    /// Ends the capture in order and gives what was printed.
    func finish() async throws -> ChildProcess.Outcome {
        process.signal(SIGTERM)
        let outcome = try await process.finished(within: .seconds(60))
        #expect(outcome.succeeded, "\(outcome)")
        return outcome
    }

    /// A set of capabilities of `/proc/PID/status`.
    static func capabilities(in status: String, _ name: String) -> UInt64? {
        field(in: status, name).first.flatMap { UInt64($0, radix: 16) }
    }

    /// The words of a line of `/proc/PID/status`.
    static func field(in status: String, _ name: String) -> [String] {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return line.split { $0 == "\t" || $0 == " " }.dropFirst().map(String.init)
    }
}

extension Recording {
    static func gaps(of tape: String) throws -> [Gap] {
        try records(of: tape).compactMap { record in
            if case .gap(let gap) = record { gap } else { nil }
        }
    }

    /// Why each recording on the tape ended.
    static func reasons(of tape: String) throws -> [String] {
        try records(of: tape).compactMap { record in
            if case .end(let end) = record { end.reason } else { nil }
        }
    }

    static func connectionEnds(of tape: String) throws -> [ConnectionEnd] {
        try records(of: tape).compactMap { record in
            if case .connectionEnd(let end) = record { end } else { nil }
        }
    }

    private static func records(of tape: String) throws -> [TapeRecord] {
        let reader = try TapeReader(directory: tape)
        var records: [TapeRecord] = []
        while let entry = try reader.next() {
            if let record = entry.record { records.append(record) }
        }
        return records
    }
}
