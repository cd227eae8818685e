import Foundation
import Listener
import NIOCore
import NIOPosix
import Proxy
import TapeModel
import TestSupport
import Testing

/// The real proxy between a scripted origin and a client that sends raw octets, all in the test's own process.
///
/// One stage for each cell of a matrix: the tape at its end is the whole truth about that cell.
final class MessageStage: Sendable {
    enum Mode: String, Sendable, CaseIterable {
        case plain
        case reverse
    }

    let mode: Mode
    let origin: ScriptedOrigin
    let tape: CollectingSink.Tape
    let port: Int
    private let server: ProxyServer
    private let recorder: Recorder
    private let shared: Shared

    /// What is dear to make and the same for every stage.
    private struct Shared: Sendable {
        let directory: TemporaryDirectory
        let authority: CertificateAuthority
        let trust: OriginTrust
        let group: MultiThreadedEventLoopGroup
        let lookUps: NIOThreadPool
        let recording: NIOThreadPool
    }

    private static let shared = Task { () async throws -> Shared in
        let directory = try TemporaryDirectory()
        let lookUps = NIOThreadPool(numberOfThreads: 2)
        let recording = NIOThreadPool(numberOfThreads: 1)
        lookUps.start()
        recording.start()
        return Shared(
            directory: directory,
            authority: try CertificateAuthority.open(in: directory.path + "/ca", at: RecordingClock().now()),
            trust: try OriginTrust(additionalRoots: nil), group: MultiThreadedEventLoopGroup(numberOfThreads: 2),
            lookUps: lookUps, recording: recording)
    }

    static func open(
        _ mode: Mode = .plain, _ script: OriginScript = OriginScript(), patience: MessagePatience = MessagePatience(),
        host: String = "127.0.0.1", origin handler: (@Sendable () -> any ChannelHandler)? = nil
    ) async throws -> MessageStage {
        let shared = try await shared.value
        let origin = try await ScriptedOrigin.start(script, handler: handler, host: host, on: shared.group)
        let tape = CollectingSink.Tape()
        let recorder = Recorder.make(threads: shared.recording)
        var settings = ProxySettings()
        settings.messagePatience = patience
        if mode == .reverse { settings.reverse = ReverseTarget(url: "http://127.0.0.1:\(origin.port)") }
        let server = ProxyServer(
            services: ProxyServices(
                settings: settings, authority: shared.authority,
                leaves: LeafContexts(authority: shared.authority, keyLog: nil), origins: OriginContexts(keyLog: nil),
                trust: shared.trust, tap: recorder.tap, clock: RecordingClock(), threads: shared.lookUps),
            group: shared.group)
        let address = try await server.start(host: "127.0.0.1", port: 0)
        try recorder.attach { CollectingSink(tape) }
        return MessageStage(
            mode: mode, origin: origin, tape: tape, port: try #require(address.port), server: server,
            recorder: recorder, shared: shared)
    }

    private init(
        mode: Mode, origin: ScriptedOrigin, tape: CollectingSink.Tape, port: Int, server: ProxyServer,
        recorder: Recorder, shared: Shared
    ) {
        self.mode = mode
        self.origin = origin
        self.tape = tape
        self.port = port
        self.server = server
        self.recorder = recorder
        self.shared = shared
    }

    func client() async throws -> RawPeer {
        try await RawPeer.connect(port: port, on: shared.group)
    }

    /// A request target as this mode wants it.
    func target(_ path: String) -> String {
        mode == .plain ? "http://127.0.0.1:\(origin.port)\(path)" : path
    }

    /// Start line and `Host` of a request for a path of the origin.
    func head(_ method: String = "GET", _ path: String = "/", version: String = "HTTP/1.1") -> String {
        let host = mode == .plain ? "127.0.0.1:\(origin.port)" : "127.0.0.1:\(port)"
        return "\(method) \(target(path)) \(version)\r\nHost: \(host)\r\n"
    }

    /// Whether a client that comes now is served.
    func servesNextClient() async throws -> Bool {
        let client = try await client()
        client.send(head("GET", "/next") + "Connection: close\r\n\r\n")
        let answer = try await client.all()
        return answer.hasPrefix("HTTP/1.1 200 ")
    }

    /// Ends everything in order; afterwards the tape is complete.
    func end() async {
        await server.stop(patience: .seconds(5), openExchanges: { 0 })
        await origin.stop()
        await recorder.finish { _ in }
    }
}

extension MessageStage {
    /// A request of the table as this mode is asked it.
    func filled(_ cell: AmbiguousRequest) -> [UInt8] {
        let host = head().components(separatedBy: "\r\n")[1].dropFirst("Host: ".count)
        return cell.octets(target: target("/"), host: String(host))
    }
}
