import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

/// Certificates of every kind, made once for all tests by tools/lib/lab/chains.py.
enum Chains {
    static func directory() async throws -> TemporaryDirectory { try await made.value }

    private static let made = Task { () async throws -> TemporaryDirectory in
        let directory = try TemporaryDirectory()
        let outcome = try await ChildProcess.run(
            "/usr/bin/python3", ["-W", "ignore", RepositoryRoot.path("tools/lib/lab/chains.py"), directory.path])
        try #require(outcome.succeeded, "\(outcome)")
        return directory
    }
}

/// An origin that does odd things (tools/lib/lab/odd_origin.py), on a port of its own.
struct OddOrigin {
    let process: ChildProcess
    let port: String

    static func start(_ arguments: [String]) async throws -> OddOrigin {
        let process = try ChildProcess(
            try Program("python3").required(), [RepositoryRoot.path("tools/lib/lab/odd_origin.py")] + arguments)
        let line = try await process.line(containing: "port ", on: .standardOutput)
        return OddOrigin(process: process, port: String(line.dropFirst("port ".count)))
    }

    /// Speaks TLS with the chain of that name.
    static func start(chain: String, _ arguments: [String] = []) async throws -> OddOrigin {
        let chains = try await Chains.directory()
        return try await start(["--tls", chains.entry(chain + ".crt"), chains.entry(chain + ".key")] + arguments)
    }

    func stop() async throws {
        process.signal(SIGKILL)
        _ = try await process.finished()
    }
}

extension Recording {
    /// A recorder that trusts the root of `Chains`.
    static func startForChains(
        _ arguments: [String] = [], in directory: TemporaryDirectory, named name: String = "test",
        environment: [String: String] = [:]
    ) async throws -> Recording {
        try await start(
            ["--upstream-ca", try await Chains.directory().entry("ca.crt")] + arguments, in: directory, named: name,
            environment: environment)
    }

    /// A client that does an odd thing (tools/lib/lab/odd_client.py); its output, line by line.
    func oddClient(_ origin: OddOrigin, tls: Bool = true, _ verb: String, _ argument: String) async throws -> [String] {
        let outcome = try await ChildProcess.run(
            try Program("python3").required(),
            [RepositoryRoot.path("tools/lib/lab/odd_client.py"), port, origin.port]
                + (tls ? ["--ca", authority] : []) + [verb, argument], within: .seconds(60))
        try #require(outcome.succeeded, "\(outcome)\n\(process.printed)")
        return outcome.outputText.split(separator: "\n").map(String.init)
    }

    /// curl through this recorder to registry.regtape.test, which is the given port of this machine.
    ///
    /// Each list of arguments is a transfer with options of its own; all of them are made by one curl, one after another.
    func curl(
        _ transfers: [String]..., to port: String, authority: String? = nil, environment: [String: String] = [:]
    ) async throws -> ChildProcess.Outcome {
        let common = [
            "-sS", "--noproxy", "", "--suppress-connect-headers", "-x", "http://127.0.0.1:\(self.port)",
            "--connect-to", "::127.0.0.1:\(port)", "--cacert", authority ?? self.authority,
        ]
        return try await ChildProcess.run(
            try Program("curl").required(), Array(transfers.map { common + $0 }.joined(separator: ["--next"])),
            environment: environment.mapValues { $0 }, within: .seconds(60))
    }

    func records() throws -> [TapeRecord] {
        let reader = try TapeReader(directory: tape)
        var records: [TapeRecord] = []
        while let entry = try reader.next() { if let record = entry.record { records.append(record) } }
        return records
    }

    func connections() throws -> [Connection] {
        try records().compactMap { if case .connection(let connection) = $0 { connection } else { nil } }
    }

    func ends() throws -> [ConnectionEnd] {
        try records().compactMap { if case .connectionEnd(let end) = $0 { end } else { nil } }
    }
}
