import Foundation
import TapeModel
import Testing

/// Answers that two readers might read differently end as a 502 (RELIABILITY.md S1-S7, S12, S14).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct MessageAnswerRefusalTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        let sentence: String
        let answer: String
        /// An answer that merely stops is no ambiguous one.
        var isRejected = true

        var testDescription: String { sentence }
    }

    @Test(arguments: MessageStage.Mode.allCases, cells)
    func `an ambiguous answer reaches nobody, and the next client is served`(
        mode: MessageStage.Mode, cell: Cell
    ) async throws {
        var script = OriginScript()
        let usual = script.onRequest
        script.onRequest = { request, number in
            number == 0 ? [.send(cell.answer), .finish] : usual(request, number)
        }
        let stage = try await MessageStage.open(mode, script)
        let client = try await stage.client()
        client.send(stage.head() + "\r\n")
        let answer = try await client.all()
        #expect(answer.hasPrefix("HTTP/1.1 502 "), "\(answer)")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "more than one answer: \(answer)")
        #expect(!answer.contains("smuggled"))
        #expect(try await stage.servesNextClient())
        await stage.end()
        #expect(stage.tape.rejected.count == (cell.isRejected ? 1 : 0))
        #expect(stage.tape.rejected.allSatisfy { !$0.raw.isEmpty && $0.side == .server })
        #expect(stage.tape.exchanges.count == 2)
        #expect(stage.origin.requests.count == 2)
        let ends = stage.tape.now.ends
        #expect(ends.first?.error?.party == (cell.isRejected ? .registry : .network))
    }

    static let cells = framing + fieldLines + terminators + chunks + others

    private static let tail = "evilHTTP/1.1 200 smuggled\r\nContent-Length: 4\r\n\r\nevil"

    private static let framing: [Cell] =
        [
            "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding: chunked,",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding : chunked", "Content-Length: +5", "Content-Length: -5", "Content-Length: 0x5",
            "Content-Length: 5,5", "Content-Length: 5, 6", "Content-Length:", "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 9223372036854775808",
            "Content-Length: 18446744073709551616", "Content-Length: 5 5", "Content-Length : 5",
        ].map { Cell(sentence: "S1-S3 \($0.debugDescription)", answer: "HTTP/1.1 200 OK\r\n\($0)\r\n\r\n\(tail)") } + [
            Cell(
                sentence: "S1 Transfer-Encoding in HTTP/1.0",
                answer: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(tail)")
        ]

    private static let fieldLines: [Cell] = [
        "X: a\r\n b", " X: a", "X : a", "X Y: a", ": a", "X", "\u{B}X: a", "X\u{0}: a", "X: a\u{0}b", "X: a\u{B}b",
        "X: a\u{7F}b", "X\u{E9}: a",
    ].map {
        Cell(
            sentence: "S4 \($0.debugDescription)",
            answer: "HTTP/1.1 200 OK\r\n\($0)\r\nContent-Length: 4\r\n\r\n\(tail)")
    }

    private static let terminators: [Cell] = ["\n", "\r\r\n", "\u{B}", "\u{0}"].flatMap { mark in
        [
            ("after the status line", "HTTP/1.1 200 OK\(mark)Content-Length: 4\r\n\r\n\(tail)"),
            ("after a field", "HTTP/1.1 200 OK\r\nX: a\(mark)Content-Length: 4\r\n\r\n\(tail)"),
            ("after the last field", "HTTP/1.1 200 OK\r\nContent-Length: 4\(mark)\r\n\(tail)"),
        ].map { Cell(sentence: "S5 \(mark.debugDescription) \($0.0)", answer: $0.1) }
    }

    private static let chunks: [Cell] = [
        "0x1\r\na\r\n0\r\n\r\n", "+1\r\na\r\n0\r\n\r\n", "-1\r\na\r\n0\r\n\r\n", "1_0\r\na\r\n0\r\n\r\n",
        "1 \r\na\r\n0\r\n\r\n", "00000000000000001\r\na\r\n0\r\n\r\n", "\r\na\r\n0\r\n\r\n", "1\na\r\n0\r\n\r\n",
        "1\r\na\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "0\r\nX: a\r\n b\r\n\r\n", "0\r\nX\r\n\r\n",
    ].map {
        Cell(
            sentence: "S6 \($0.debugDescription)",
            answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\($0)\(tail)")
    }

    private static let others: [Cell] =
        [
            "content-length", "Transfer-Encoding", "close, cookie",
        ].map {
            Cell(
                sentence: "S12 Connection names \($0)",
                answer: "HTTP/1.1 200 OK\r\nConnection: \($0)\r\nContent-Length: 4\r\n\r\nevil")
        }
        + [
            ("S14 a switch of protocols that nobody asked for", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\(tail)"),
            ("a status that is no number", "HTTP/1.1 2x0 OK\r\n\r\n"),
            ("a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
            ("a version unknown", "HTTP/2.0 200 OK\r\n\r\n"),
            ("a control octet in the reason", "HTTP/1.1 200 O\u{1}K\r\n\r\n"),
            ("another protocol", "SSH-2.0-x\r\n\r\n"), ("an empty first line", "\n\nHTTP/1.1 200 OK\r\n\r\n"),
            ("257 fields", "HTTP/1.1 200 OK\r\n" + (0..<257).map { "X-\($0): a\r\n" }.joined() + "\r\n"),
            ("a head of 66 KiB", "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 67_000) + "\r\n\r\n"),
        ].map { Cell(sentence: $0.0, answer: $0.1) } + [
            Cell(sentence: "no answer", answer: "", isRejected: false),
            Cell(sentence: "half a status line", answer: "HTTP/1.1 200", isRejected: false),
            Cell(sentence: "half a head", answer: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", isRejected: false),
        ]
}
