import Foundation
import FoundationNetworking
import RegtapeTesting
import TestSupport
import Testing

/// The README's example for Swift, as it stands there, with a client that tries again as it expects of one.
struct ReadmeExampleTests {
    // Spaced as in the README.
    // swift-format-ignore
    @Test(.replay("Fixtures/pull.tape", .fault("429=1@1 op:blob.get"))) func `a pull is tried again`() async throws {
        let replay = try TapeReplay.current                       // or: try await withReplay(of: "Fixtures/pull.tape") { replay in … }
        try await MyClient(registry: replay.url).pull("app:1")    // or by replay.proxyURL, trusting replay.certificatePath
        #expect(replay.unused.isEmpty)
    }

    @Test func `what compiles here is what stands in the README`() throws {
        let readme = try String(contentsOfFile: RepositoryRoot.path("README.md"), encoding: .utf8)
        let parts = readme.components(separatedBy: "\n```swift\n")
        #expect(parts.count == 2, "another example wants a test of its own")
        let example = try #require(parts.last?.components(separatedBy: "\n```").first)
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let indented = example.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        #expect(source.contains(indented))
    }
}

/// A client of a test author, as small as can be.
private struct MyClient {
    struct Refused: Error {
        let status: Int
    }

    let registry: URL

    func pull(_ name: String) async throws {
        let parts = name.split(separator: ":")
        let base = "v2/\(parts[0])/"
        let manifest = try await get(base + "manifests/\(parts[1])")
        for digest in String(decoding: manifest, as: UTF8.self).matches(of: /"text\/plain","digest":"([^"]*)"/) {
            do {
                _ = try await get(base + "blobs/\(digest.output.1)")
            } catch let refused as Refused where refused.status == 429 {
                _ = try await get(base + "blobs/\(digest.output.1)")
            }
        }
    }

    private func get(_ path: String) async throws -> Data {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.connectionProxyDictionary = [:]
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        let (data, response) = try await session.data(from: registry.appending(path: path))
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard status == 200 else { throw Refused(status: status) }
        return data
    }
}
