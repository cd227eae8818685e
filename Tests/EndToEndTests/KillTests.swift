import Foundation
import TapeModel
import TapeStore
import TestSupport
import Testing

/// SIGKILL under load, again and again.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct KillTests {
    /// An origin whose answers are small text, or 20 to 60 kB that go into body files, each with octets of its own.
    private static let origin = """
        import http.server, random, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                number = int(self.path.strip("/"))
                chance = random.Random(number)
                body = chance.randbytes(chance.randrange(20000, 60000)) if number % 3 == 0 else b"%d\\n" % number
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_port, file=sys.stderr, flush=True)
        server.serve_forever()
        """

    @Test(arguments: ["strict", "normal"])
    func `whatever was on the terminal when the recorder was killed is on the tape`(durability: String) async throws {
        let origin = try ChildProcess(try Program("python3").required(), ["-c", Self.origin])
        let port = try #require(try await origin.line(containing: "port ").split(separator: " ").last)
        for point in 0..<24 {
            let place = try TemporaryDirectory()
            let recording = try await Recording.start(["--durability", durability], in: place)
            let load = try ChildProcess(
                try Program("curl").required(),
                [
                    "-sZ", "--parallel-max", "6", "--noproxy", "", "-x", "http://127.0.0.1:\(recording.port)",
                    "-o", "/dev/null", "http://127.0.0.1:\(port)/[1-2000]",
                ])
            // The moment of the kill is that of one answer on the terminal, sooner and later ones by turns.
            _ = try await recording.process.line(containing: ":\(port)/\(1 + point * point / 3)  ")
            recording.process.signal(SIGKILL)
            _ = try await recording.process.finished()
            load.signal(SIGKILL)
            _ = try await load.finished()
            try expectWhole(recording, "after answer \(1 + point * point / 3)")
        }
        origin.signal(SIGKILL)
        _ = try await origin.finished()
    }

    private func expectWhole(_ recording: Recording, _ moment: String) throws {
        let verification = try TapeVerifier.verify(directory: recording.tape)
        #expect(verification.isGood, "\(moment): \(verification)")
        var urls: [Int64: String] = [:]
        for exchange in try recording.exchanges() { urls[exchange.seq] = exchange.request.head.url }
        let lines = recording.process.printed.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let shown = lines.compactMap { line -> (seq: Int64, url: String)? in
            let words = line.split(separator: " ")
            guard words.count > 4, let seq = Int64(words[0]), words[1] == "200" else { return nil }
            return (seq, String(words[4]))
        }
        #expect(!shown.isEmpty)
        for exchange in shown {
            #expect(urls[exchange.seq] == exchange.url, "\(moment): \(exchange.seq) was shown and is not on the tape")
        }
    }
}
