import Foundation
import TestSupport
import Testing

/// The proxy never reaches its own port, whatever it is called (RELIABILITY.md U1).
@Suite(.timeLimit(.minutes(2)))
struct SelfProxyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Requests written by hand, because curl writes addresses anew before it sends them.
    ///
    /// In absolute form, and through CONNECT with a request or a TLS hello behind it. Prints `host way: status code` of the answers.
    private static let client = """
        import socket, ssl, sys, re
        port = int(sys.argv[1])
        def ask(*pieces):
            answer = b""
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                for piece in pieces:
                    connection.sendall(piece)
                    if len(pieces) > 1 and piece is pieces[0]:
                        answer = connection.recv(65536)
                        if not answer.startswith(b"HTTP/1.1 200"): break
                        answer = b""
                while chunk := connection.recv(65536): answer += chunk
            return answer
        def shake(host):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
                answer = connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 200"): return answer
                context = ssl._create_unverified_context()
                with context.wrap_socket(connection, server_hostname="x.test") as inside:
                    inside.sendall(b"GET / HTTP/1.1\\r\\nHost: x.test\\r\\nConnection: close\\r\\n\\r\\n")
                    answer = b""
                    while chunk := inside.recv(65536): answer += chunk
                    return answer
        for host in sys.argv[2:]:
            request = f"GET http://{host}:{port}/ HTTP/1.1\\r\\nHost: {host}:{port}\\r\\nConnection: close\\r\\n\\r\\n".encode()
            connect = f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode()
            inner = b"GET / HTTP/1.1\\r\\nHost: x.test\\r\\nConnection: close\\r\\n\\r\\n"
            for way, answer in [("get", ask(request)), ("connect", ask(connect, inner)), ("tls", shake(host))]:
                status = answer[9:12].decode()
                code = re.search(rb'"code":"([a-z-]+)"', answer)
                print(host, way, status, code.group(1).decode() if code else "-", flush=True)
        """

    @Test(arguments: [["--listen", "127.0.0.1:0"], ["--listen", "0.0.0.0:0", "--allow", "127.0.0.0/8"]])
    func `by no name and no spelling does it proxy to itself`(listen: [String]) async throws {
        // Later options win, so the address given here is the one that counts.
        let recording = try await Recording.start(listen, in: directory)
        let hosts = [
            "127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "0.0.0.0", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "2130706433", "0x7f000001", "017700000001",
            "0x7f.1",
            "127.1", "0", "127.000.000.001", ProcessInfo.processInfo.hostName,
        ]
        let outcome = try await ChildProcess.run(
            "/usr/bin/python3", ["-c", Self.client, recording.port] + hosts, within: .seconds(60))
        #expect(outcome.succeeded, "\(outcome)")
        let lines = outcome.outputText.split(separator: "\n").map(String.init)
        #expect(lines.count == hosts.count * 3)
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            // Refused as what it is; where the resolver makes nothing of the spelling, or it is no authority at all, that
            // is said instead. What must not come is an answer that our own port gave.
            let refusals = [
                "403 proxy-loop", "502 proxy-loop", "502 name-not-found", "502 connect-failed", "400 bad-target",
            ]
            #expect(refusals.contains(words.suffix(2).joined(separator: " ")), "\(line)")
        }
        #expect(lines.filter { $0.hasSuffix(" proxy-loop") }.count >= 3 * 12, "\(lines)")
        #expect(try await recording.stop().succeeded)
    }

    @Test func `in front of a registry that is itself, it does not go round in circles`() async throws {
        let recording = try await Recording.start([], in: directory)
        let front = try await Recording.start(
            ["--reverse", "http://127.0.0.1:\(recording.port)"], in: directory, named: "front")
        let answer = try await ChildProcess.run(
            try Program("curl").required(),
            ["-sS", "--noproxy", "*", "-m", "20", "-w", " %{http_code}", "http://127.0.0.1:\(front.port)/v2/"])
        // The recorder behind it is no registry and says so.
        #expect(answer.outputText.hasSuffix(" 400"), "\(answer)")
        #expect(try await front.stop().succeeded)
        #expect(try await recording.stop().succeeded)
    }
}
