import Foundation
import TapeModel
import TestSupport
import Testing

// Within the serialised suite, because others stop the registry for a while.
extension RecordingTests {
    /// The two message modes of the release binary, against the real registry.
    struct MessageModeTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        /// What the recorder answers to these octets; `\r\n` and the like as in printf(1).
        private func answer(to octets: String, _ recording: Recording) async throws -> String {
            let script = "exec 3<>/dev/tcp/127.0.0.1/\(recording.port); printf '%b' '\(octets)' >&3; timeout 20 cat <&3"
            return try await ChildProcess.run("/bin/bash", ["-c", script], within: .seconds(30)).outputText
        }

        @Test func `an absolute https target in plain mode reaches the registry over TLS`() async throws {
            let lab = try await Lab.variables()
            let recording = try await Recording.start(["--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
            let registry = try #require(lab["LAB_REGISTRY"])
            let all = try await answer(
                to: "GET https://\(registry)/v2/ HTTP/1.1\\r\\nHost: other.test\\r\\nConnection: close\\r\\n\\r\\n",
                recording)
            #expect(all.hasPrefix("HTTP/1.1 401 "), "\(all)")
            #expect(all.lowercased().contains("docker-distribution-api-version: registry/2.0"))
            #expect(try await recording.stop().succeeded)
            let exchange = try #require(try recording.exchanges().first)
            #expect(exchange.request.head.url == "https://\(registry)/v2/")
            #expect(exchange.request.head.fields.first("host") == registry)
            #expect(exchange.error == nil)
            #expect(exchange.timing.tls > 0)
            let leg = try #require(try recording.connections().first?.serverTLS)
            #expect(leg.version == "TLSv1.3" && leg.cipher?.hasPrefix("TLS_") == true, "\(leg)")
        }

        @Test func `a refused request is on the tape with its octets and without its secrets`() async throws {
            let recording = try await Recording.start([], in: directory)
            let canary = "canary-Rejected4Password"
            let encoded = Data("user:\(canary)".utf8).base64EncodedString()
            let all = try await answer(
                to:
                    "PUT http://127.0.0.1:1/ HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Basic \(encoded)\\r\\nX-Key: \(canary)\\r\\n"
                    + "Content-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n", recording)
            #expect(all.hasPrefix("HTTP/1.1 400 "), "\(all)")
            let outcome = try await recording.stop()
            #expect(outcome.succeeded)
            let tape = try String(contentsOfFile: recording.tape + "/tape.jsonl", encoding: .utf8)
            let lines = tape.split(separator: "\n").filter { $0.contains("\"rejected\"") }
            #expect(lines.count == 1, "\(tape)")
            #expect(lines.first?.contains("conflicting-framing") == true)
            for secret in [canary, encoded] {
                #expect(try !recording.holds(secret))
                #expect(!outcome.description.contains(secret))
                #expect(!all.contains(secret))
            }
        }

        @Test func `a push in front of the registry goes through the recorder`() async throws {
            let lab = try await Lab.variables()
            let registry = try #require(lab["LAB_REGISTRY"])
            let recording = try await Recording.start(
                ["--reverse", "https://\(registry)", "--upstream-ca", try #require(lab["LAB_CA"])], in: directory)
            let password = try #require(lab["LAB_PASSWORD"])
            let credentials = "\(lab["LAB_USER"] ?? ""):\(password)"
            let front = "127.0.0.1:\(recording.port)"
            let push = try await ChildProcess.run(
                try Program("skopeo").required(),
                [
                    "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", credentials,
                    "--dest-creds",
                    credentials, "docker://\(front)/app/small:1", "docker://\(front)/app/reverse:1",
                ], environment: ["HTTPS_PROXY": nil, "HTTP_PROXY": nil], within: .seconds(60))
            #expect(push.succeeded, "\(push)")
            let outcome = try await recording.stop()
            #expect(outcome.succeeded, "\(outcome)")
            let exchanges = try recording.exchanges()
            let manifests = exchanges.filter {
                $0.request.head.method == "PUT" && $0.request.head.url.contains("/manifests/")
            }
            #expect(manifests.map { $0.response?.head.status } == [201])
            #expect(exchanges.allSatisfy { $0.error == nil })
            // The tape knows the real names only.
            #expect(
                exchanges.allSatisfy {
                    !$0.request.head.url.contains(front) && !$0.request.head.url.contains("_regtape")
                })
            let locations = exchanges.compactMap { $0.response?.head.fields.first("location") }
            #expect(!locations.isEmpty && locations.allSatisfy { !$0.contains(front) })
            #expect(try !recording.holds(password))
            #expect(!outcome.description.contains(password))
        }
    }
}
