import Foundation
import TapeModel
import TestSupport
import Testing
import Wire

/// Captures of real clients, from frame to exchange.
struct PassiveCaptureTests {
    @Test func `a plain connection gives its exchanges`() throws {
        let seen = try Witness.of("http1-plain.pcap")
        #expect(
            seen.lines == [
                "GET /small.json 200 14", "GET /large.txt 200 40000", "GET /absent 404 335", "HEAD /large.txt 200 0",
                "POST /small.json 501 357",
            ])
        #expect(seen.errors.isEmpty && seen.anomalies.isEmpty)
        #expect(seen.connections.allSatisfy { $0.source == .capture && $0.timing.connect > 0 })
    }

    @Test(arguments: [("http1-tls12.pcap", "http1-tls12.keys"), ("http2-tls13.pcapng", nil)] as [(String, String?)])
    func `TLS with its secrets gives what is inside`(capture: String, keys: String?) throws {
        let seen = try Witness.of(capture, keys: keys)
        #expect(seen.lines.map { $0.split(separator: " ")[2] } == ["401", "200", "307", "404", "202", "307", "200"])
        #expect(seen.errors.isEmpty, "\(seen.errors)")
        let registry = try #require(seen.connections.first)
        #expect(registry.authority == "registry.regtape.test:6443")
        #expect(registry.serverTLS?.version == (keys == nil ? "TLSv1.3" : "TLSv1.2"))
        #expect(registry.serverTLS?.alpn == (keys == nil ? "h2" : "http/1.1"))
        #expect(registry.certificates.first?.names.isEmpty == false)
        #expect(registry.timing.tls > 0)
    }

    @Test func `TLS without its secrets is a connection that says why`() throws {
        let seen = try Witness.of("http1-tls12.pcap")
        #expect(seen.lines.isEmpty)
        #expect(seen.connections.first?.clientTLS?.sni == "registry.regtape.test")
        #expect(seen.anomalies.contains { $0.code == "not-decrypted" && $0.detail.contains("SSLKEYLOGFILE") })
        #expect(seen.ends.contains { $0.serverBytes > 1_000 })
    }

    @Test func `what was lost ends its exchange, and what follows is read again`() throws {
        let seen = try Witness.of("http1-holes.pcap")
        // The request behind it had been sent before the loss was certain, so that its answer is not known for its own.
        #expect(seen.errors == ["segments-missing", "segments-missing"])
        #expect(seen.lines == ["GET /small.json 200 14", "HEAD /large.txt 200 0", "POST /small.json 501 357"])
    }

    @Test func `a capture that came late gives what began after it`() throws {
        let seen = try Witness.of("http1-late.pcap")
        #expect(seen.lines.suffix(2) == ["HEAD /large.txt 200 0", "POST /small.json 501 357"])
    }
}

/// Keeps what a capture is said to hold.
private final class Witness: TapeSink {
    var connections: [Connection] = []
    var ends: [ConnectionEnd] = []
    var anomalies: [Anomaly] = []
    var errors: [String] = []
    private var open: [String: (request: String, status: Int, octets: Int)] = [:]
    /// `METHOD path status octets` of each exchange that is over, in the order of their ends.
    var lines: [String] = []

    static func octets(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: RepositoryRoot.path("fixtures/pcaps/" + name))))
    }

    static func of(_ name: String, keys: String? = nil) throws -> Witness {
        of(octets: try octets(name), keys: try keys.map(octets))
    }

    static func of(octets: [UInt8], keys: [UInt8]?) -> Witness {
        let witness = Witness()
        var capture = PassiveCapture()
        var reader = CaptureFileReader()
        var items: [CaptureItem] = []
        var last = Instant(microseconds: 0)
        if let keys { capture.addSecrets(keys.span, to: witness) }
        _ = try? reader.receive(octets.span) { items.append($0) }
        for item in items {
            switch item {
            case .frame(let frame):
                last = frame.time
                capture.receive(
                    octets.span.extracting(frame.octets), link: frame.link, originalLength: frame.originalLength,
                    at: frame.time, to: witness)
            case .keyLog(let secrets): capture.addSecrets(secrets.span, to: witness)
            case .comment, .dropped: continue
            }
        }
        capture.finish(at: last, to: witness)
        return witness
    }

    func connectionOpened(_ connection: Connection) { connections.append(connection) }

    func record(_ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant) {
        for event in events {
            switch event {
            case .requestReceived(let number, _, let head, _):
                let path = URL(string: head.url)?.path ?? head.url
                open["\(connection)/\(number)"] = ("\(head.method) \(path)", 0, 0)
            case .responseReceived(let number, let head, _): open["\(connection)/\(number)"]?.status = head.status
            case .bodyReceived(let number, .server, let range): open["\(connection)/\(number)"]?.octets += range.count
            case .exchangeEnded(let number, let error):
                if let error { errors.append(error.code) }
                guard let exchange = open.removeValue(forKey: "\(connection)/\(number)"), error == nil else { continue }
                lines.append("\(exchange.request) \(exchange.status) \(exchange.octets)")
            case .anomalyFound(let anomaly): anomalies.append(anomaly)
            case .interimReceived, .bodyReceived, .trailersReceived, .messageEnded, .becameOpaque: continue
            }
        }
    }

    func connectionClosed(_ end: ConnectionEnd) { ends.append(end) }
    func gap(_ gap: Gap) {}
    func tick(at now: Instant) {}
}
