import Foundation
import Replay
import Synchronization
import TapeModel
import TestSupport
import Testing

/// What became of an upload is done although nobody is there to be told.
@Suite(.timeLimit(.minutes(1)))
struct BrokenUploadTests {
    @Test func `a single POST that broke off leaves nothing behind`() async throws {
        let bodies = WatchedBodies()
        var options = ReplayMachine.Options()
        options.isWritable = true
        try await ReplayStage.run([ReplayStage.ping], bodies: bodies, options: options) { stage in
            let isTaken = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    "POST /v2/app/blobs/uploads/?digest=\(CountedBody.digest) HTTP/1.1\r\nHost: x\r\n"
                        + "Content-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 400_000))
            }
            #expect(isTaken)
            var discarded = bodies.discarded.makeAsyncIterator()
            #expect(await discarded.next() != nil)
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `an upload that the disk refused is over, and another may begin`() async throws {
        let bodies = FullBodies()
        var options = ReplayMachine.Options()
        options.isWritable = true
        try await ReplayStage.run([ReplayStage.ping], bodies: bodies, options: options) { stage in
            func ask(_ method: String, _ path: String, _ body: String = "") async throws -> String {
                try await RawClient.hear(
                    from: stage.port,
                    "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                )
            }
            func begin() async throws -> String {
                let begun = try await ask("POST", "/v2/app/blobs/uploads/")
                #expect(begun.hasPrefix("HTTP/1.1 202 "), "\(begun)")
                let id = begun.firstMatch(of: /Docker-Upload-Uuid: ([0-9a-f-]+)/)?.output.1
                return "/v2/app/blobs/uploads/\(try #require(id))"
            }
            let refused = try await begin()
            let failed = try await ask("PATCH", refused, "some octets")
            #expect(failed.hasPrefix("HTTP/1.1 500 ") && failed.contains("could not be stored"), "\(failed)")
            let again = try await ask("PATCH", refused, "some octets")
            #expect(again.hasPrefix("HTTP/1.1 404 ") && again.contains("BLOB_UPLOAD_UNKNOWN"), "\(again)")
            bodies.isFull.store(false, ordering: .relaxed)
            let taken = try await ask("PATCH", try await begin(), "some octets")
            #expect(taken.hasPrefix("HTTP/1.1 202 "), "\(taken)")
        }
    }
}

/// A disk that takes nothing while it is full.
private final class FullBodies: ReplayBodies {
    let isFull = Atomic(true)

    func open(sha256: String) -> StoredBody? { nil }
    func isWhole(sha256: String) -> Bool { false }

    func receive(keeps: Bool) throws -> any IncomingBody {
        if isFull.load(ordering: .relaxed) { throw CocoaError(.fileWriteOutOfSpace) }
        return WatchedBody(AsyncStream.makeStream().continuation)
    }

    func record(_ change: LiveChange) throws {}
    func startOver(at first: Int64) throws {}
}

/// Tells when content that came in is forgotten.
private final class WatchedBodies: ReplayBodies {
    let discarded: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation

    init() { (discarded, tell) = AsyncStream.makeStream() }

    func open(sha256: String) -> StoredBody? { nil }
    func isWhole(sha256: String) -> Bool { false }
    func receive(keeps: Bool) throws -> any IncomingBody { WatchedBody(tell) }
    func record(_ change: LiveChange) throws {}
    func startOver(at first: Int64) throws {}
}

private final class WatchedBody: IncomingBody {
    private let tell: AsyncStream<Void>.Continuation

    init(_ tell: AsyncStream<Void>.Continuation) { self.tell = tell }

    func append(_ octets: UnsafeRawBufferPointer) throws {}
    var sha256: String { String(repeating: "b", count: 64) }
    func keep() throws {}
    func discard() { tell.yield() }
}
