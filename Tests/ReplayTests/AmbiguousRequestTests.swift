import Foundation
import TestSupport
import Testing

/// What two readers might read differently, at every door of the server (RELIABILITY.md S1-S7, S12, D2).
@Suite(.serialized, .timeLimit(.minutes(3)))
struct AmbiguousRequestTests {
    enum Entrance: String, CaseIterable, Sendable {
        case origin, proxy, tunnel

        /// What comes before the first request.
        var opening: String {
            self == .tunnel ? "CONNECT registry.test:80 HTTP/1.1\r\nHost: registry.test:80\r\n\r\n" : ""
        }

        /// What the server says to that.
        var welcome: String { self == .tunnel ? "HTTP/1.1 200 Connection Established\r\n\r\n" : "" }

        func target(_ path: String) -> String { self == .proxy ? "http://registry.test\(path)" : path }

        func port(_ stage: ReplayStage) -> Int { self == .origin ? stage.port : stage.proxyPort }
    }

    /// The smuggled request is one that the tape has, so that it would be answered.
    private static let exchanges = [ReplayStage.ping, ReplayStage.exchange("GET", "/smuggled", text: "SMUGGLED")]

    @Test(arguments: Entrance.allCases)
    func `an ambiguous request is refused, is the connection's last, and the next client is served`(
        entrance: Entrance
    ) async throws {
        try await ReplayStage.run(Self.exchanges) { stage in
            for cell in AmbiguousRequest.all {
                let octets = cell.octets(target: entrance.target("/v2/"), host: "registry.test")
                let smuggled = Array("GET \(entrance.target("/smuggled")) HTTP/1.1\r\nHost: registry.test\r\n\r\n".utf8)
                let heard = try await RawClient.hear(
                    from: entrance.port(stage), [Array(entrance.opening.utf8), octets + smuggled], finishes: true)
                #expect(heard.hasPrefix(entrance.welcome), "\(cell.sentence): \(heard)")
                let answer = heard.dropFirst(entrance.welcome.count)
                #expect(answer.hasPrefix("HTTP/1.1 \(cell.status) "), "\(cell.sentence): \(answer)")
                #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(cell.sentence): \(answer)")
                #expect(answer.contains("\r\nConnection: close\r\n"), "\(cell.sentence): \(answer)")
                #expect(!answer.contains("SMUGGLED") && !answer.hasSuffix("…"), "\(cell.sentence): \(answer)")
            }
            #expect(try await stage.servesNextClient())
        }
    }

    @Test(arguments: FieldPlace.allCases)
    func `each octet at each place of a field is taken exactly where the standard allows it`(
        place: FieldPlace
    ) async throws {
        try await ReplayStage.run(Self.exchanges) { stage in
            for octet in UInt8.min ... .max {
                let start = "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                let heard = try await RawClient.hear(
                    from: stage.port, [Array(start.utf8) + place.line(octet) + Array("\r\n\r\n".utf8)], finishes: true)
                let expected = place.forwarded(octet) == nil ? "HTTP/1.1 400 " : "HTTP/1.1 200 "
                #expect(heard.hasPrefix(expected), "octet \(octet): \(heard)")
            }
            #expect(try await stage.servesNextClient())
        }
    }

    @Test func `an announced length that no connection could carry costs no memory and no second answer`() async throws
    {
        try await ReplayStage.run(Self.exchanges) { stage in
            for length in ["4294967297", "9007199254740993", "9223372036854775807"] {
                let heard = try await RawClient.hear(
                    from: stage.port,
                    "POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n"
                        + AmbiguousRequest.smuggled, finishes: true)
                #expect(heard.components(separatedBy: "HTTP/1.1 ").count <= 2, "\(heard)")
                #expect(!heard.contains("SMUGGLED"))
            }
            #expect(try await stage.servesNextClient())
        }
    }
}
