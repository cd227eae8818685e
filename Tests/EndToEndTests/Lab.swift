import Foundation
import TapeModel
import TestSupport

/// The lab: a real registry with tokens and redirected blobs, started once for all tests.
struct Lab: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let values: [String: String]

    /// The lab, running and seeded.
    static func running() async throws -> Lab { try await started.value }

    /// What `tools/lab env` says.
    static func variables() async throws -> [String: String] { try await running().values }

    var registry: String { self["LAB_REGISTRY"] }
    var tokens: String { self["LAB_AUTH"] }
    var blobs: String { self["LAB_BLOBS"] }
    var authority: String { self["LAB_CA"] }
    var password: String { self["LAB_PASSWORD"] }
    /// `user:password` of the one who may do everything.
    var credentials: String { "\(self["LAB_USER"]):\(password)" }
    /// `user:password` of one who may only pull.
    var readerCredentials: String { "\(self["LAB_READER"]):\(self["LAB_READER_PASSWORD"])" }
    var directory: String { self["LAB_DIR"] }

    /// For a Docker client of the lab's own daemon.
    var docker: [String: String?] {
        ["DOCKER_HOST": self["LAB_DOCKER_HOST"], "DOCKER_CONFIG": self["LAB_DOCKER_CONFIG"]]
    }

    private static let started = Task { () async throws -> Lab in
        for verb in ["start", "seed"] { _ = try await tool([verb]) }
        let outcome = try await ChildProcess.run(
            "/bin/bash", ["-c", "eval \"$(\(RepositoryRoot.path("tools/lab")) env)\"; env"])
        var variables: [String: String] = [:]
        for line in outcome.outputText.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].hasPrefix("LAB_") { variables[String(parts[0])] = String(parts[1]) }
        }
        return Lab(values: variables)
    }

    private subscript(name: String) -> String { values[name] ?? "" }

    /// Calls `tools/lab`; what it prints, or a failure with its words.
    @discardableResult
    static func tool(_ arguments: [String]) async throws -> String {
        let outcome = try await ChildProcess.run(RepositoryRoot.path("tools/lab"), arguments, within: .seconds(180))
        guard outcome.succeeded else { throw Failure(description: "tools/lab \(arguments): \(outcome)") }
        return outcome.outputText
    }

    /// Does something while none of the servers runs; afterwards they do, whatever came of it.
    static func whileStopped(_ body: () async throws -> Void) async throws {
        try await tool(["stop"])
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await tool(["start"])
        try result.get()
    }

    /// `method path status octets` of every exchange that the servers have logged; a HEAD answer has no octets.
    func logged() async throws -> [String] {
        try await Self.tool(["logs"]).split(separator: "\n").map { line in
            let value = try JSONValue(parsing: String(line))
            guard let method = value["method"]?.string, let path = value["path"]?.string,
                let status = value["status"]?.int, let octets = value["bytes"]?.int
            else { throw Failure(description: "no exchange: \(line)") }
            return "\(method) \(path) \(status) \(method == "HEAD" ? 0 : octets)"
        }
    }

    /// What was logged since `earlier` was read, sorted.
    func logged(since earlier: [String]) async throws -> [String] {
        var lines = try await logged()
        for line in earlier { lines.firstIndex(of: line).map { _ = lines.remove(at: $0) } }
        return lines.sorted()
    }

    /// The digest of `name:tag` as the registry itself gives it, without any recorder.
    func digest(of image: String) async throws -> String {
        let outcome = try await ChildProcess.run(
            try Program("skopeo").required(),
            [
                "inspect", "--cert-dir", directory + "/trust", "--creds", credentials, "--format", "{{.Digest}}",
                "docker://\(registry)/\(image)",
            ], environment: ["HTTPS_PROXY": nil, "HTTP_PROXY": nil, "https_proxy": nil, "http_proxy": nil])
        guard outcome.succeeded else { throw Failure(description: "skopeo: \(outcome)") }
        return outcome.outputText.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Where the registry itself keeps the content of a digest.
    func stored(_ digest: String) -> String {
        let hex = digest.split(separator: ":").last.map(String.init) ?? ""
        return "\(directory)/storage/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
    }

    /// The digests of configuration and layers that a manifest in the registry names.
    func blobs(of manifest: String) throws -> [String] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: stored(manifest))), as: UTF8.self)
        let value = try JSONValue(parsing: text)
        var digests = [value["config"]?["digest"]?.string]
        var index = 0
        while let layer = value["layers"]?[index] {
            digests.append(layer["digest"]?.string)
            index += 1
        }
        return digests.compactMap { $0 }
    }

    /// An image that no registry has seen, as an OCI layout; gone with `directory`.
    func freshImage(_ name: String, in directory: TemporaryDirectory) async throws -> String {
        let salt = String(UInt64.random(in: 0 ... .max), radix: 36)
        let made = try await Self.tool(["image", name, "--salt", salt])
        let layout = directory.entry("layout-\(salt)")
        try FileManager.default.moveItem(atPath: made.trimmingCharacters(in: .whitespacesAndNewlines), toPath: layout)
        return "\(layout):\(name)"
    }
}
