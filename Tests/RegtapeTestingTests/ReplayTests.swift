import Foundation
import FoundationNetworking
import Glibc
import RegtapeTesting
import TestSupport
import Testing

/// The library as a test author has it: a tape of `fixtures/tapes`, asked by a client that knows nothing of it.
struct ReplayTests {
    static let tape = RepositoryRoot.path("fixtures/tapes/pull-and-push.tape")
    private static let layer = "sha256:0f403cfc156d75732147789cf8a23d720f0d04592dccaab9b61bc50b6a7a02b6"
    private static let manifest = "v2/app/small/manifests/1"

    /// The status of a request to the replay, and the octets that came with it.
    private func ask(
        _ replay: TapeReplay, _ path: String, method: String = "GET"
    ) async throws -> (status: Int, body: Data) {
        let configuration = URLSessionConfiguration.ephemeral
        // Whatever proxy the environment names is not for this.
        configuration.connectionProxyDictionary = [:]
        let session = URLSession(configuration: configuration)
        defer { session.finishTasksAndInvalidate() }
        var request = URLRequest(url: replay.url.appending(path: path))
        request.httpMethod = method
        request.setValue("Bearer any", forHTTPHeaderField: "Authorization")
        let (body, response) = try await session.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, body)
    }

    @Test(.replay(Self.tape)) func `a trait replays a tape while the test runs`() async throws {
        let replay = try TapeReplay.current
        let before = replay.unused.count
        let answer = try await ask(replay, Self.manifest)
        #expect(answer.status == 200)
        #expect(answer.body.firstRange(of: Data(Self.layer.utf8)) != nil)
        #expect(replay.matched == 1)
        #expect(replay.unused.count == before - 1)
    }

    /// The path counts from the directory that this file is in.
    @Test(.replay("../../fixtures/tapes/pull-and-push.tape"))
    func `a relative path counts from the test's own directory`() async throws {
        #expect(try await ask(TapeReplay.current, Self.manifest).status == 200)
    }

    @Test func `without the trait there is no replay, and that is said`() {
        #expect(throws: ReplayFailure.self) { try TapeReplay.current }
    }

    @Test func `a miss is an issue that names the nearest exchange`() async throws {
        try await withKnownIssue {
            try await withReplay(of: Self.tape) { replay in
                let status = try await ask(replay, "v2/app/small/manifests/2").status
                #expect(status == 404)
                #expect(replay.misses.map(\.method) == ["GET"])
            }
        } matching: { issue in
            issue.comments.contains {
                $0.rawValue.contains("manifests/2 is not on the tape")
                    && $0.rawValue.contains("subject is 2, recorded 1")
            }
        }
    }

    @Test func `a miss is told although the test fails for another reason`() async throws {
        struct Stopped: Error {}
        try await withKnownIssue {
            try await withReplay(of: Self.tape) { replay in
                _ = try await ask(replay, "v2/app/small/manifests/2")
                throw Stopped()
            }
        } matching: { issue in
            issue.error is Stopped || issue.comments.contains { $0.rawValue.contains("is not on the tape") }
        }
    }

    @Test func `a lenient replay leaves misses to the test`() async throws {
        let misses = try await withReplay(of: Self.tape, .lenient) { replay in
            _ = try await ask(replay, "v2/app/small/manifests/2")
            return replay.misses
        }
        #expect(misses.count == 1)
    }

    @Test func `a fault strikes, and a text that is none is refused`() async throws {
        try await withReplay(of: Self.tape, .fault("status=503@1 op:manifest.get")) { replay in
            let statuses = [try await ask(replay, Self.manifest).status, try await ask(replay, Self.manifest).status]
            #expect(statuses == [503, 200])
        }
        await #expect(throws: ReplayFailure.self) {
            try await withReplay(of: Self.tape, .fault("explode")) { _ in }
        }
    }

    @Test func `a scenario strikes as its file says, an option wins over it, and a mistake is told with its line`()
        async throws
    {
        let directory = try TemporaryDirectory()
        let file = try directory.file(
            "busy.yaml", "clock: 2030-01-02T03:04:05Z\nfaults:\n  - status=503@2 op:manifest.get\n")
        try await withReplay(of: Self.tape, .scenario(file), .fault("status=500@1 op:manifest.get")) { replay in
            var statuses: [Int] = []
            for _ in 1...3 { statuses.append(try await ask(replay, Self.manifest).status) }
            #expect(statuses == [500, 503, 200])
        }
        let wrong = try directory.file("wrong.yaml", "seed: 1\nfaults:\n  - explode\n")
        await #expect {
            try await withReplay(of: Self.tape, .scenario(wrong)) { _ in }
        } throws: {
            "\($0)".contains("wrong.yaml:3: 'explode'")
        }
        await #expect {
            try await withReplay(of: Self.tape, .scenario("no-such.yaml")) { _ in }
        } throws: {
            "\($0)".contains("RegtapeTestingTests/no-such.yaml")
        }
    }

    @Test func `a push that the tape does not have is taken where it may be, and by that replay alone`() async throws {
        try await withReplay(of: Self.tape, .writable) { replay in
            let status = try await ask(replay, "v2/new/image/blobs/uploads/", method: "POST").status
            #expect(status == 202)
        }
        try await withReplay(of: Self.tape, .lenient) { replay in
            let status = try await ask(replay, "v2/new/image/blobs/uploads/", method: "POST").status
            #expect(status != 202)
        }
    }

    @Test(.replay(Self.tape, .tls)) func `a client that trusts the CA speaks TLS to it`() async throws {
        let replay = try TapeReplay.current
        let curl = try await ChildProcess.run(
            try Program("curl").required(),
            [
                "-sS", "--noproxy", "*", "--cacert", replay.certificatePath, "-H", "Authorization: Bearer any",
                "-o", "/dev/null", "-w", "%{http_code}", "\(replay.url)/\(Self.manifest)",
            ])
        #expect(curl.outputText == "200", "\(curl)")
    }

    @Test(.replay(Self.tape)) func `hosts of the tape have their own names behind the proxy`() async throws {
        let replay = try TapeReplay.current
        let curl = try await ChildProcess.run(
            try Program("curl").required(),
            [
                "-sS", "-L", "--noproxy", "", "-x", "\(replay.proxyURL)", "--cacert", replay.certificatePath,
                "-H", "Authorization: Bearer any", "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
                "https://registry.regtape.test:6443/v2/app/small/blobs/\(Self.layer)",
            ])
        #expect(curl.outputText == "200 40291", "\(curl)")
    }

    @Test func `replays side by side count for themselves and leave nothing behind`() async throws {
        let certificates = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await withReplay(of: Self.tape) { replay in
                        for _ in 0..<4 {
                            let status = try await ask(replay, Self.manifest).status
                            #expect(status == 200)
                        }
                        #expect(replay.matched == 4)
                        return replay.certificatePath
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(certificates.count == 8)
        for certificate in certificates {
            // DIRECTORY/ca/ca.crt
            let directory = URL(filePath: certificate).deletingLastPathComponent().deletingLastPathComponent()
            #expect(!FileManager.default.fileExists(atPath: directory.path), "\(directory)")
        }
    }

    @Test func `a connection that is still open ends with its replay`() async throws {
        let peer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(peer) }
        try await withReplay(of: Self.tape) { replay in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(replay.url.port ?? 0).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(peer, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(connected == 0)
            // The server has taken it when it has answered another that came later.
            _ = try await ask(replay, Self.manifest)
        }
        // On a busy machine the end may take a moment to come over.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var octet: UInt8 = 0
        let received = recv(peer, &octet, 1, 0)
        // A connection that no loop had taken up yet is reset by the kernel, which is an end as well.
        #expect(received == 0 || received == -1 && errno == ECONNRESET, "\(received), \(errno)")
    }

    @Test func `a tape that is not there is refused with its place`() async {
        await #expect {
            try await withReplay(of: "no-such.tape") { _ in }
        } throws: {
            "\($0)".contains("RegtapeTestingTests/no-such.tape")
        }
    }
}

/// Every test of a suite has a replay of its own.
@Suite(.replay(ReplayTests.tape))
struct SuiteReplayTests {
    @Test(arguments: 1...3) func `each argument begins with an untouched tape`(number: Int) throws {
        #expect(try TapeReplay.current.matched == 0)
        #expect(try !TapeReplay.current.unused.isEmpty)
    }
}
