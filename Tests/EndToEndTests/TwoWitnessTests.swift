import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because only one client at a time may be on the lab's ports.
extension RecordingTests {
    /// A session recorded by the proxy and captured from the wire at once gives the same tape, but for times, source and
    /// connection numbers (DESIGN.md §1).
    @Suite(.enabled(if: Program.isRoot))
    struct TwoWitnessTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        @Test func `skopeo pulls and pushes 88 MB before two witnesses`() async throws {
            let lab = try await Lab.running()
            let layout = try await lab.freshImage("large", in: directory)
            try await compare(lab) { recording in
                let name = "app/witnessed-\(recording.port):1"
                let (pulled, pushed) = ("docker://\(lab.registry)/app/large:1", "docker://\(lab.registry)/\(name)")
                for arguments in [
                    ["--src-creds", lab.credentials, pulled, "dir:\(directory.entry("image"))"],
                    ["--dest-creds", lab.credentials, "oci:\(layout)", pushed],
                ] {
                    let outcome = try await ChildProcess.run(
                        try Program("skopeo").required(), ["copy", "--quiet"] + arguments,
                        environment: recording.clientEnvironment, within: .seconds(120))
                    #expect(outcome.succeeded, "\(outcome)")
                }
            }
        }

        @Test(arguments: ["--http1.1", "--http2"], ["1.2", "1.3"])
        func `curl before two witnesses`(http: String, tls: String) async throws {
            let lab = try await Lab.running()
            let layer = try #require(try await lab.blobs(of: lab.digest(of: "public/hello:1")).last)
            try await compare(lab) { recording in
                let options = ["--cacert", recording.authority, http, "--tls-max", tls, "-o", "/dev/null"]
                let base = "https://\(lab.registry)/v2"
                for request in [
                    ["\(base)/"], ["-u", lab.credentials, "https://\(lab.tokens)/token?service=registry.regtape.test"],
                    ["-L", "\(base)/public/hello/blobs/\(layer)"], ["-I", "\(base)/"],
                    ["-d", String(repeating: "x", count: 100_000), "\(base)/"],
                    ["\(base)/", "\(base)/absent", "-o", "/dev/null"],
                ] {
                    let outcome = try await recording.curl(options + request)
                    #expect(outcome.succeeded, "\(outcome)")
                }
            }
        }

        /// Records and captures what `session` does, and compares the two tapes.
        private func compare(_ lab: Lab, _ session: (Recording) async throws -> Void) async throws {
            let keys = directory.entry("keys")
            let ports = [lab.registry, lab.blobs, lab.tokens].compactMap { $0.split(separator: ":").last }
            let capturing = try await Capturing.start(
                filter: ports.map { "tcp port \($0)" }.joined(separator: " or "), in: directory)
            let recording = try await Recording.start(
                ["--upstream-ca", lab.authority, "--keep-secrets"], in: directory, environment: ["SSLKEYLOGFILE": keys])
            try await session(recording)
            let recorded = try await recording.stop()
            #expect(recorded.succeeded, "\(recorded)")
            let captured = try await capturing.finish(["--keylog", keys, "--keep-secrets"])
            #expect(captured.succeeded, "\(captured)")

            let (one, other) = (try recording.exchanges(), try Recording.exchanges(of: capturing.tape))
            #expect(!one.isEmpty)
            let (seen, heard) = (one.map(Self.statement).sorted(), other.map(Self.statement).sorted())
            for difference in seen.difference(from: heard) {
                switch difference {
                case .insert(_, let text, _): Issue.record("only the proxy saw: \(text.prefix(2000))")
                case .remove(_, let text, _): Issue.record("only the capture saw: \(text.prefix(2000))")
                }
            }
            #expect(try Self.connections(recording.tape) == Self.connections(capturing.tape))
        }

        /// An exchange as its line on the tape, without what differs between witnesses.
        private static func statement(_ exchange: Exchange) -> String {
            var exchange = exchange
            exchange.seq = 0
            exchange.connection = 0
            exchange.source = .proxy
            exchange.started = Instant(microseconds: 0)
            exchange.timing = Timing()
            return String(decoding: TapeLine(seq: 0, record: .exchange(exchange)).encoded, as: UTF8.self)
        }

        /// What both say of each connection to an origin, in no order.
        private static func connections(_ tape: String) throws -> [String] {
            try Recording.connections(of: tape).map { connection in
                let leg = connection.serverTLS
                return [
                    connection.authority, leg?.sni, leg?.alpn, leg?.version, leg?.cipher,
                    connection.certificates.map { "\($0)" }.joined(separator: " "),
                    connection.failure?.code,
                ].map { $0 ?? "-" }.joined(separator: " | ")
            }.sorted()
        }
    }
}
