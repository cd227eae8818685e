import Foundation
import Synchronization
import TestSupport

/// A web server (nginx) of one test, with TLS, HTTP/2 and a plain port, answering what the test tells it to.
///
/// It bears a name and a certificate of the lab, but ports and a log of its own, so it may run beside any other test.
struct Origin {
    let secure: String
    let plain: String
    private let process: ChildProcess

    private static let lastPort = Atomic(0)

    /// `locations` is the inside of nginx's `server`; files are served from `root`.
    static func start(_ locations: String, root: String? = nil, in directory: TemporaryDirectory) async throws -> Origin
    {
        let lab = try await Lab.running()
        // Behind the lab's own ports, which are known to be ours.
        let base = Int(lab.registry.split(separator: ":").last ?? "") ?? 5443
        let port = base + 10 + lastPort.add(2, ordering: .relaxed).newValue
        let place = try directory.directory("origin-\(port)")
        let certificate = lab.directory + "/certificates/blobs.regtape.test"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(place)/\($0);" }
        let configuration = """
            daemon off;
            \(Program.isRoot ? "user root;" : "")
            worker_processes 1;
            pid \(place)/pid;
            error_log stderr notice;
            events {}
            http {
                access_log off;
                server_tokens off;
                \(temporary.joined(separator: " "))
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    listen 127.0.0.1:\(port + 1);
                    ssl_certificate \(certificate).crt;
                    ssl_certificate_key \(certificate).key;
                    root \(root ?? place);
                    default_type text/plain;
                    \(locations)
                }
            }
            """
        let file = try directory.file("origin-\(port)/nginx.conf", configuration)
        let process = try ChildProcess(try Program("nginx").required(), ["-c", file, "-p", place])
        // The sockets are open before the first worker is.
        _ = try await process.line(containing: "start worker process ")
        return Origin(
            secure: "blobs.regtape.test:\(port)", plain: "blobs.regtape.test:\(port + 1)", process: process)
    }

    func stop() async throws {
        process.signal(SIGTERM)
        _ = try await process.finished(within: .seconds(20))
    }
}
