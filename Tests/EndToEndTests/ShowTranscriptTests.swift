import Interop
import TapeModel
import TapeStore
import TestSupport
import Testing

/// What `regtape show --seq` prints can be read again: it is how a fixture is made of a recording.
@Suite(.timeLimit(.minutes(2)))
struct ShowTranscriptTests {
    @Test func `exchanges that were shown are read as they stand on the tape`() async throws {
        let tape = RepositoryRoot.path("fixtures/tapes/authorization-forwarded.tape")
        let reader = try TapeReader(directory: tape)
        var recorded: [Exchange] = []
        while let entry = try reader.next() {
            guard case .exchange(var exchange)? = entry.record else { continue }
            exchange.seq = entry.seq
            recorded.append(exchange)
        }
        #expect(recorded.count > 2)
        var text = ""
        for exchange in recorded {
            let outcome = try await ChildProcess.run(
                Recording.binary, ["show", tape, "--seq", String(exchange.seq)], within: .seconds(30))
            #expect(outcome.succeeded, "\(outcome)")
            text += outcome.outputText
        }
        let read = try Transcript(parsing: text).records.compactMap { record in
            if case .exchange(let exchange) = record { exchange } else { nil }
        }
        #expect(read.map(comparable) == recorded.map(comparable), "\(text)")
    }

    /// Without what a transcript does not say: who saw it, and digests of bodies.
    private func comparable(_ exchange: Exchange) -> Exchange {
        var exchange = exchange
        exchange.source = .imported
        exchange.request.body = Body(length: exchange.request.body.length, text: exchange.request.body.text)
        if let body = exchange.response?.body { exchange.response?.body = Body(length: body.length, text: body.text) }
        return exchange
    }
}
