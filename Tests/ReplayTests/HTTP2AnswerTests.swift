import Foundation
import Replay
import TapeModel
import TestSupport
import Testing

/// The answers of HTTP/2: each with its own content, and none with another's (RELIABILITY.md S11, S13, S16).
@Suite(.timeLimit(.minutes(3)))
struct HTTP2AnswerTests {
    @Test func `streams of one connection are answered, each with its content`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening + RawHTTP2.get("/v2/", stream: 1) + RawHTTP2.get("/v2/app/tags/list", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            #expect(isOpen)
            #expect(heard.answers[1]?.text == "{}")
            #expect(heard.answers[3]?.text.contains(#"["1"]"#) == true)
        }
    }

    @Test(arguments: ["HEAD", "GET"], [200, 204, 205, 304, 404])
    func `an answer without content ends with its head, whatever the tape's fields say`(
        method: String, status: Int
    ) async throws {
        for fields in [
            [], [FieldLine("Content-Length", "10")], [FieldLine("Transfer-Encoding", "chunked")],
            [FieldLine("Content-Length", "0")], [FieldLine("Trailer", "x"), FieldLine("Connection", "close")],
        ] {
            let odd = ReplayStage.exchange(method, "/odd", status: status, fields: fields)
            try await ReplayStage.run([ReplayStage.ping, odd]) { stage in
                let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                    socket.send(
                        RawHTTP2.opening + RawHTTP2.request(method, "/odd", stream: 1, more: [("if-none-match", "x")])
                            + RawHTTP2.get("/v2/", stream: 3))
                    return socket.hear(streams: [1, 3])
                }
                let odd = heard.answers[1]
                #expect(isOpen && odd?.hasEnded == true && odd?.resetCode == nil, "\(heard)")
                #expect(odd?.statuses == [status] && odd?.content == [], "\(heard)")
                #expect(odd?.value("transfer-encoding") == nil && odd?.value("connection") == nil)
                #expect([204, 304].contains(status) ? odd?.value("content-length") == nil : true)
                #expect(heard.answers[3]?.text == "{}", "\(heard)")
            }
        }
    }

    @Test func `an answer before the end of a long body ends its stream alone`() async throws {
        try await ReplayStage.run([ReplayStage.ping, ReplayStage.tags]) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening
                        + RawHTTP2.request(
                            "GET", "/v2/app/tags/list", stream: 1, more: [("content-length", "100000000")], isEnd: false
                        )
                )
                for _ in 0..<10 { socket.send(RawHTTP2.frame(0, stream: 1, [UInt8](repeating: 0x78, count: 16_000))) }
                socket.send(RawHTTP2.get("/v2/", stream: 3))
                return socket.hear(streams: [1, 3])
            }
            #expect(isOpen && heard.answers[1]?.statuses == [200], "\(heard.answers)")
            #expect(heard.answers[1]?.text.contains(#"["1"]"#) == true && heard.answers[3]?.text == "{}")
        }
    }

    @Test(arguments: [true, false])
    func `whoever waits for 100 gets it where the content is wanted, and the answer where not`(
        isWanted: Bool
    ) async throws {
        var options = ReplayMachine.Options()
        options.isWritable = isWanted
        try await ReplayStage.run([ReplayStage.ping], options: options) { stage in
            let (heard, isOpen) = try await RawSocket.use(stage.port) { socket in
                socket.send(
                    RawHTTP2.opening
                        + RawHTTP2.request(
                            "POST", "/v2/app/blobs/uploads/?digest=\(CountedBody.digest)", stream: 1,
                            more: [("expect", "100-continue"), ("content-length", "5")], isEnd: false))
                let early = socket.hear { HTTP2Heard($0).answers[1]?.statuses.isEmpty == false }.octets
                socket.send(
                    RawHTTP2.frame(0, flags: 1, stream: 1, Array("12345".utf8)) + RawHTTP2.get("/v2/", stream: 3))
                let late = socket.hear { HTTP2Heard(early + $0).areOver([1, 3]) }
                return (HTTP2Heard(early + late.octets), late.isOpen)
            }
            #expect(isOpen && heard.answers[1]?.statuses == (isWanted ? [100, 201] : [404]), "\(heard.answers)")
            #expect(heard.answers[3]?.text == "{}")
        }
    }
}
