import Foundation
import Interop
import TapeModel
import TestSupport
import Testing

/// What the installed curl prints today, whatever it printed when the reader was written.
@Suite(.enabled(if: Program.areUsable("curl", "python3", "openssl")), .timeLimit(.minutes(2)))
struct RealCurlTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A server that answers `/blob` with a redirect to `/data`, and everything else but that with 404.
    private func server(certificate: String? = nil) async throws -> (process: ChildProcess, port: String) {
        let script = """
            import http.server, ssl, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_GET(self):
                    status, body = (307, b"") if self.path == "/blob" else (200, b"one\\n\\ntwo\\n") \\
                        if self.path == "/data?a=b" else (404, b'{"errors":[]}')
                    self.send_response(status)
                    if status == 307: self.send_header("Location", "/data?a=b")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.do_GET()
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            if len(sys.argv) > 1:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[1])
                server.socket = context.wrap_socket(server.socket, server_side=True)
            print("listening on", server.server_port, flush=True)
            server.serve_forever()
            """
        let process = try ChildProcess(
            try Program("python3").required(), ["-c", script] + (certificate.map { [$0] } ?? []))
        let line = try await process.line(containing: "listening on", on: .standardOutput)
        return (process, String(line.split(separator: " ").last ?? ""))
    }

    /// Both streams as one text, as somebody would save them.
    private func curl(_ arguments: String) async throws -> [TapeRecord] {
        let outcome = try await ChildProcess.run(
            "/bin/sh", ["-c", "exec \(try Program("curl").required()) -v \(arguments) 2>&1"], within: .seconds(30))
        do {
            return try Transcript(parsing: outcome.outputText).records
        } catch {
            Issue.record("\(error)\n\(outcome.outputText)")
            return []
        }
    }

    private func exchanges(_ records: [TapeRecord]) -> [Exchange] {
        records.compactMap { if case .exchange(let exchange) = $0 { exchange } else { nil } }
    }

    @Test(arguments: ["-s", "--trace-time", "-sS --http1.1 --compressed"])
    func `a redirect that is followed, and a second transfer on the same connection`(options: String) async throws {
        let (process, port) = try await server()
        defer { process.signal(SIGKILL) }
        let base = "http://127.0.0.1:\(port)"
        let found = exchanges(try await curl("\(options) -L -H 'X-Probe: a: b' \(base)/blob \(base)/nothing"))
        #expect(found.map(\.request.head.url) == ["\(base)/blob", "\(base)/data?a=b", "\(base)/nothing"])
        #expect(found.map { $0.response?.head.status } == [307, 200, 404])
        #expect(found.allSatisfy { $0.request.head.fields.first("x-probe") == "a: b" })
        #expect(found.map(\.connection) == [1, 1, 1])
        #expect(found.map { $0.response?.body.text } == [nil, "one\n\ntwo\n", "{\"errors\":[]}"])
    }

    @Test func `contents that went to a file are not known, and a form is not shown`() async throws {
        let (process, port) = try await server()
        defer { process.signal(SIGKILL) }
        let records = try await curl("-o /dev/null -d grant_type=password http://127.0.0.1:\(port)/token")
        let found = exchanges(records)
        #expect(found.map(\.request.head.method) == ["POST"])
        #expect(found.first?.response?.head.status == 404)
        #expect(found.first?.response?.body.text == nil)
    }

    @Test func `TLS with its certificate`() async throws {
        let file = directory.entry("both.pem")
        let made = try await ChildProcess.run(
            "/bin/sh",
            [
                "-c",
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=probe.example "
                    + "-keyout \(file) -out \(file).crt 2>&1 && cat \(file).crt >> \(file)",
            ])
        #expect(made.succeeded, "\(made)")
        let (process, port) = try await server(certificate: file)
        defer { process.signal(SIGKILL) }
        let records = try await curl("-sk https://127.0.0.1:\(port)/nothing")
        #expect(exchanges(records).map(\.request.head.url) == ["https://127.0.0.1:\(port)/nothing"])
        guard case .connection(let connection)? = records.first else {
            Issue.record("\(records)")
            return
        }
        #expect(connection.serverTLS?.version == "TLSv1.3")
        #expect(connection.serverTLS?.cipher?.hasPrefix("TLS_") == true)
        #expect(connection.certificates.first?.subject == "CN=probe.example")
        #expect(connection.certificates.first.map { $0.notAfter > $0.notBefore } == true)
    }

    @Test func `a port where nothing listens gives a connection that failed`() async throws {
        let records = try await curl("-s http://127.0.0.1:9/")
        guard case .connection(let connection)? = records.first else {
            Issue.record("\(records)")
            return
        }
        #expect(connection.authority == "127.0.0.1:9")
        #expect(connection.failure?.code == "connection-refused")
        #expect(connection.failure?.party == .network)
    }
}
