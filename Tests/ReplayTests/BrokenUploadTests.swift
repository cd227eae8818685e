import Foundation
import Replay
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
