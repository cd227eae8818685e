import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

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
        _ arguments: [String], in directory: TemporaryDirectory, named name: String = "test",
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

    /// What a client needs in its environment to be recorded.
    var clientEnvironment: [String: String?] {
        ["HTTPS_PROXY": "http://127.0.0.1:\(port)", "SSL_CERT_FILE": authority]
    }

    func curl(_ arguments: [String]) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(
            try Program("curl").required(), ["-sS", "--noproxy", "", "-x", "http://127.0.0.1:\(port)"] + arguments,
            within: .seconds(30))
    }

    /// Ends the recording in order and gives what it printed.
    func stop() async throws -> ChildProcess.Outcome {
        process.signal(SIGTERM)
        return try await process.finished(within: .seconds(30))
    }

    /// `regtape verify` of the tape.
    func verify() async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(Self.binary, ["verify", tape])
    }

    func exchanges() throws -> [Exchange] { try Self.exchanges(of: tape) }

    static func exchanges(of tape: String) throws -> [Exchange] {
        let reader = try TapeReader(directory: tape)
        var exchanges: [Exchange] = []
        while let entry = try reader.next() {
            if case .exchange(var exchange)? = entry.record {
                exchange.seq = entry.seq
                exchanges.append(exchange)
            }
        }
        return exchanges
    }

    /// The tape's exchanges in the form of `Lab.logged`, sorted.
    func seen() throws -> [String] {
        try exchanges().map { exchange in
            let path = URL(string: exchange.request.head.url)?.path(percentEncoded: true) ?? ""
            let octets = exchange.response?.body.length ?? 0
            return "\(exchange.request.head.method) \(path) \(exchange.response?.head.status ?? 0) \(octets)"
        }.sorted()
    }

    /// Fails where one of these blobs is not on the tape as content from `side`, octet for octet as the registry keeps it.
    func expectBlobs(
        _ digests: [String], from side: Side, as lab: Lab, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let bodies = try exchanges().compactMap { side == .client ? $0.request.body : $0.response?.body }
        for digest in digests {
            let hex = String(digest.dropFirst("sha256:".count))
            let body = bodies.first { $0.sha256 == hex && $0.length > 0 }
            guard let body else {
                Issue.record("\(digest) is not on the tape", sourceLocation: sourceLocation)
                continue
            }
            let original = try Data(contentsOf: URL(filePath: lab.stored(digest)))
            let held =
                try body.text.map { Data($0.utf8) } ?? Data(contentsOf: URL(filePath: tape + "/bodies/sha256/" + hex))
            #expect(held == original, "\(digest) differs from what the registry has", sourceLocation: sourceLocation)
        }
    }

    /// Whether `secret` can be found in any file of the tape.
    func holds(_ secret: String) throws -> Bool {
        try TapeFile.all(of: tape).contains { $0.content.range(of: Data(secret.utf8)) != nil }
    }
}

/// A file of a tape, whatever it is for.
struct TapeFile {
    let name: String
    let content: Data

    static func all(of tape: String) throws -> [TapeFile] {
        try FileManager.default.subpathsOfDirectory(atPath: tape).compactMap { name in
            let path = tape + "/" + name
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue else {
                return nil
            }
            return TapeFile(name: name, content: try Data(contentsOf: URL(filePath: path)))
        }
    }
}
