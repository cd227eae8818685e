import Foundation
import Registry
import TapeModel
import TestSupport
import Testing

/// Tapes of real clients and a real registry (fixtures/tapes/README.md).
struct RecordedTapeTests {
    /// Decodes a tape as a shell does: contents are read where the decoder wants them, and only there.
    private func decode(_ name: String) throws -> (exchanges: [DecodedExchange], read: [String], summary: TraceSummary)
    {
        let directory = RepositoryRoot.path("fixtures/tapes/" + name)
        var decoder = TraceDecoder()
        var exchanges: [DecodedExchange] = []
        var read: [String] = []
        for line in try String(contentsOfFile: directory + "/tape.jsonl", encoding: .utf8).split(separator: "\n") {
            let line = try TapeLine(decoding: Array(line.utf8))
            var contents = TraceDecoder.Contents()
            if case .exchange(let exchange) = line.record {
                let wanted = decoder.wanted(for: exchange)
                if wanted.response, let digest = exchange.response?.body.sha256 {
                    contents.response = try Array(
                        Data(contentsOf: URL(filePath: "\(directory)/bodies/sha256/\(digest)")))
                    read.append(exchange.request.head.url)
                }
                if wanted.request { read.append(exchange.request.head.url) }
            }
            for case .exchange(let decoded) in decoder.handle(line.record, seq: line.seq, contents: contents) {
                exchanges.append(decoded)
            }
        }
        #expect(decoder.finish().isEmpty)
        return (exchanges, read, decoder.summary)
    }

    @Test func `skopeo's pull and its two pushes are three workflows that succeeded`() throws {
        let (exchanges, read, summary) = try decode("pull-and-push.tape")
        #expect(read.isEmpty, "no layer is read, and what is small stands in the record")
        #expect(!exchanges.contains { $0.operation.endpoint == .unknown })
        let workflows = summary.workflows
        #expect(workflows.map(\.kind) == [.pull, .push, .push])
        #expect(workflows.map(\.repository) == ["app/small", "app/copied", "app/copied"])
        #expect(workflows.map(\.reference) == [.tag("1"), .tag("1"), .tag("2")])
        #expect(workflows.map(\.outcome) == [.succeeded, .succeeded, .succeeded])
        #expect(workflows.map(\.failedExchanges) == [0, 0, 0])
        #expect(workflows.allSatisfy { $0.client?.name == "skopeo" })
        #expect(summary.failures == 0)
    }

    @Test func `each blob of the pull is followed to the blob host, and each token to its requests`() throws {
        let (exchanges, _, summary) = try decode("pull-and-push.tape")
        let storage = exchanges.filter { $0.operation.endpoint == .storageGet }
        #expect(storage.count == 3)
        for exchange in storage {
            #expect(exchange.redirectSource?.operation.digest == exchange.operation.digest)
            #expect(exchange.credentials == nil)
            #expect(exchange.host.role == .storage)
        }
        for exchange in exchanges where exchange.credentials?.isBearer == true { #expect(exchange.grant != nil) }
        #expect(summary.tokens.allSatisfy { $0.life == 300 && $0.granted == $0.asked && $0.uses > 0 })
        let pulled = summary.layers.filter { !$0.isPush }
        #expect(pulled.count == 3)
        #expect(pulled.allSatisfy { $0.bytes == $0.expectedBytes && $0.host.hasPrefix("blobs.") })
    }

    @Test func `the push mounts what it can and uploads the rest in one session`() throws {
        let (exchanges, _, summary) = try decode("pull-and-push.tape")
        let uploads = exchanges.filter { [.uploadStart, .uploadPatch, .uploadPut].contains($0.operation.endpoint) }
        #expect(uploads.map(\.upload?.ordinal) == [1, 2, 3])
        #expect(Set(uploads.map(\.upload?.startedBy)) == [uploads.first?.seq])
        #expect(uploads.last?.upload?.stateOffset == uploads.last?.upload?.offsetBefore)
        let pushed = summary.layers.filter { $0.isPush && $0.workflow == 2 }
        #expect(pushed.map(\.wasSkipped).filter(\.self).count == 2)
        #expect(summary.layers.filter { $0.workflow == 3 }.map(\.wasSkipped) == [true, true, true])
        #expect(pushed.first { !$0.wasSkipped }?.bytes == pushed.first { !$0.wasSkipped }?.expectedBytes)
        let manifest = try #require(exchanges.last { $0.operation.endpoint == .manifestPut }?.manifest)
        #expect(manifest.layers.count == 2)
        let pull = exchanges.first { $0.operation.endpoint == .manifestGet }?.manifest
        #expect(pull?.digest == manifest.digest)
        #expect(manifest.digest != nil)
    }

    @Test func `a token that curl sends on to the blob host is known there`() throws {
        let (exchanges, _, summary) = try decode("authorization-forwarded.tape")
        let storage = try #require(exchanges.first { $0.operation.endpoint == .storageGet })
        let source = try #require(storage.redirectSource)
        #expect(storage.credentials?.identity == source.credentials?.identity)
        #expect(storage.storageError?.code == "InvalidAuthenticationInfo")
        #expect(storage.answerer == .storage)
        #expect(storage.grant?.host.hasPrefix("auth.") == true)
        #expect(summary.redirects.map(\.carriedCredentials) == [true])
        #expect(summary.workflows.map(\.outcome) == [.failed])
    }

    @Test func `a Docker daemon's login, pull and push are told apart`() throws {
        let (exchanges, _, summary) = try decode("docker.tape")
        let workflows = summary.workflows
        #expect(workflows.map(\.kind) == [.login, .pull, .push, .pull])
        #expect(workflows.map(\.repository) == [nil, "app/small", "app/docker", "public/hello"])
        #expect(workflows.allSatisfy { $0.outcome == .succeeded && $0.failedExchanges == 0 })
        #expect(workflows.allSatisfy { $0.client?.name == "docker" })
        #expect(workflows.map(\.exchanges).reduce(0, +) == exchanges.count)
        #expect(summary.tokens.allSatisfy { $0.uses > 0 && $0.life == 300 })
        // Each of the daemon's pings that were refused begins something.
        let pings = exchanges.filter { $0.operation.endpoint == .ping && $0.status == 401 }
        #expect(pings.map(\.workflow) == [1, 2, 3, 4])
    }
}
