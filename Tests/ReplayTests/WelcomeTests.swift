import NIOCore
import NIOPosix
import Testing

/// Who is let in at an address that other machines can reach (RELIABILITY.md U7).
@Suite(.timeLimit(.minutes(3)))
struct WelcomeTests {
    /// An address of this machine that is not its loopback.
    private static var address: String? {
        ((try? System.enumerateDevices()) ?? []).compactMap(\.address)
            .first { $0.protocol == .inet && $0.ipAddress?.hasPrefix("127.") == false }?.ipAddress
    }

    @Test(.enabled(if: address != nil), arguments: [nil, "192.0.2.0/24", "0.0.0.0/0"])
    func `a client of another network is served where it was allowed`(allowed: String?) async throws {
        let address = try #require(Self.address)
        try await ReplayStage.run([ReplayStage.ping], allowed: allowed, host: "0.0.0.0") { stage in
            let heard = try await RawClient.hear(
                from: stage.port, "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", at: address)
            #expect(heard.hasPrefix("HTTP/1.1 200 ") == (allowed == "0.0.0.0/0"), "\(heard)")
            #expect(allowed == "0.0.0.0/0" || heard.isEmpty)
            // This machine's own clients are always welcome.
            #expect(try await stage.servesNextClient())
        }
    }
}
