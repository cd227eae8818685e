import Foundation
import Glibc
import Listener
import NIOCore
import NIOPosix
import Registry
import Replay
import Synchronization
import TapeModel
import TestSupport

/// A replay inside the test's process: a tape made of exchanges, bodies in memory or files of the test.
final class ReplayStage: Sendable {
    let port: Int
    let proxyPort: Int
    let server: ReplayServer
    let damaged = Mutex<[String]>([])
    private let group: MultiThreadedEventLoopGroup
    private let threads: NIOThreadPool

    private init(
        _ exchanges: [Exchange], _ bodies: some ReplayBodies, _ options: ReplayMachine.Options,
        _ patience: ServerPatience, leaves: LeafContexts?,
        allowed: String?, host: String
    ) async throws {
        var index = ReplayIndex()
        for (number, exchange) in exchanges.enumerated() {
            index.add(.exchange(exchange), seq: Int64(number + 1))
        }
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let service = ReplayService(
            machine: ReplayMachine(index: index, options: options), bodies: bodies, leaves: leaves,
            threads: threads, observer: ReplayService.Observer(), patience: patience)
        server = ReplayServer(
            service: service, group: group, allowed: allowed.flatMap { AddressRange($0) }.map { [$0] } ?? [])
        port = try await server.openOrigin(host: host, port: 0, isTLS: false).port ?? 0
        proxyPort = try await server.openProxy(host: "127.0.0.1", port: 0).port ?? 0
    }

    static func run(
        _ exchanges: [Exchange], bodies: some ReplayBodies = FileBodies([:]),
        options: ReplayMachine.Options = ReplayMachine.Options(), patience: ServerPatience = ServerPatience(),
        leaves: LeafContexts? = nil, allowed: String? = nil, host: String = "127.0.0.1",
        _ body: (ReplayStage) async throws -> Void
    ) async throws {
        let stage = try await ReplayStage(
            exchanges, bodies, options, patience, leaves: leaves, allowed: allowed, host: host)
        do {
            try await body(stage)
        } catch {
            await stage.stop()
            throw error
        }
        await stage.stop()
    }

    private func stop() async {
        await server.stop(patience: .zero)
        try? await group.shutdownGracefully()
        try? await threads.shutdownGracefully()
    }

    /// Whether a client that comes now is served.
    func servesNextClient() async throws -> Bool {
        let next = try await RawClient.hear(
            from: port, "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return next.hasPrefix("HTTP/1.1 200 ") && next.hasSuffix("{}")
    }

    /// An exchange as a tape has it; the body is text of the record, unless a digest names a file.
    static func exchange(
        _ method: String, _ path: String, status: Int = 200, fields: [FieldLine] = [], text: String = "",
        file: (sha256: String, length: Int64)? = nil
    ) -> Exchange {
        var body = text.isEmpty ? Body.empty : Body(length: Int64(text.utf8.count), stored: .inline, text: text)
        // Any digest will do for a text, which is in the record, as long as no other text has it.
        if !text.isEmpty { body.sha256 = digest(of: text) }
        if let file { body = Body(length: file.length, sha256: file.sha256, stored: .file) }
        return Exchange(
            connection: 1, source: .proxy, started: Instant(microseconds: 1_795_428_000_000_000),
            request: .init(
                head: RequestHead(
                    method: method, url: "http://registry.test" + path, version: "HTTP/1.1", fields: [])),
            response: .init(
                head: ResponseHead(status: status, reason: "", version: "HTTP/1.1", fields: fields), body: body))
    }

    private static func digest(of text: String) -> String {
        let number = text.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    /// The registry that most tests speak to.
    static let tags = exchange(
        "GET", "/v2/app/tags/list", fields: [FieldLine("Content-Type", "application/json")],
        text: #"{"name":"app","tags":["1"]}"#)
    static let ping = exchange("GET", "/v2/", text: "{}")
}

/// Body files of a test, by SHA-256; each is looked at as often as the server likes.
final class FileBodies: ReplayBodies {
    struct NotWritable: Error {}

    private let paths: [String: String]
    private let wrong: Set<String>

    init(_ paths: [String: String], wrong: Set<String> = []) {
        self.paths = paths
        self.wrong = wrong
    }

    func open(sha256: String) -> StoredBody? {
        guard let path = paths[sha256] else { return nil }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        fstat(descriptor, &status)
        return StoredBody(descriptor: descriptor, length: Int64(status.st_size))
    }

    func isWhole(sha256: String) -> Bool { !wrong.contains(sha256) }

    func receive(keeps: Bool) throws -> any IncomingBody { CountedBody() }
    func record(_ change: LiveChange) throws {}
    func startOver(at first: Int64) throws {}
}

/// Takes octets and keeps nothing but their number.
final class CountedBody: IncomingBody {
    private let count = Mutex(0)

    func append(_ octets: UnsafeRawBufferPointer) throws { count.withLock { $0 += octets.count } }
    var sha256: String { Self.hex }

    private static let hex = String(repeating: "b", count: 64)
    /// What every upload to a stage has for a digest.
    static let digest = "sha256:" + hex
    func keep() throws {}
    func discard() {}
}
