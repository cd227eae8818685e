import Crypto
import Glibc
import Listener
import NIOCore
import NIOPosix
import Proxy
import TapeModel
import TapeStore

/// The composition root: the only place where the proxy and the tape meet.
final class Wiring: Sendable {
    let address: SocketAddress
    let authority: CertificateAuthority
    private let server: ProxyServer
    private let recorder: Recorder
    private let clock: RecordingClock
    private let group: MultiThreadedEventLoopGroup
    private let threads: [NIOThreadPool]

    /// What a recording is started with, besides how its proxy behaves.
    struct Setup: Sendable {
        /// PEM file of certificates to trust besides the system's.
        var upstreamCA: String?
        var keepsSecrets = false
        var durability = TapeWriterOptions.Durability.normal
        /// Directory of the certificate authority that makes the leaves.
        var authority: String
    }

    /// What the recording tells the person who watches.
    struct Observer: Sendable {
        var onExchange: @Sendable (Exchange) -> Void
        var onConnection: @Sendable (Connection) -> Void
        var onStop: @Sendable (String) -> Void
        /// Asked for only by whoever judges while recording.
        var onRecord: (@Sendable (TapeRecord, Int64) -> Void)?
    }

    /// Opens everything that can fail before anything is said, and the tape last, so that a failure leaves nothing behind.
    static func start(
        _ setup: Setup, settings: ProxySettings, host: String, port: Int, tapeDirectory: String, observer: Observer
    ) async throws -> Wiring {
        let clock = RecordingClock()
        let trust = try OriginTrust(additionalRoots: setup.upstreamCA)
        let keyLog = try StateDirectory.variable("SSLKEYLOGFILE").map { try KeyLog(path: $0) }
        let authority = try CertificateAuthority.open(in: setup.authority, at: clock.now())
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let recording = NIOThreadPool(numberOfThreads: 1)
        // Name look-ups block; a handful at once is more than a client asks for.
        let lookUps = NIOThreadPool(numberOfThreads: 4)
        recording.start()
        lookUps.start()
        let recorder = Recorder.make(threads: recording)
        let server = ProxyServer(
            services: ProxyServices(
                settings: settings, authority: authority, leaves: LeafContexts(authority: authority, keyLog: keyLog),
                origins: OriginContexts(keyLog: keyLog), trust: trust, tap: recorder.tap, clock: clock, threads: lookUps
            ),
            group: group)
        let address = try await server.start(host: host, port: port)
        let wiring = Wiring(
            address: address, authority: authority, server: server, recorder: recorder, clock: clock, group: group,
            threads: [recording, lookUps])
        do {
            let writerOptions = TapeWriterOptions(durability: setup.durability, tool: ToolVersion.tool)
            try recorder.attach {
                try openTape(
                    tapeDirectory, writerOptions, keepsSecrets: setup.keepsSecrets, observer: observer, now: clock.now()
                )
            }
        } catch {
            await wiring.stop(reason: "")
            throw error
        }
        HeapSettings.prepareForTraffic()
        return wiring
    }

    /// Lets exchanges end, closes the rest, and writes the tape's last record.
    func stop(reason: String, patience: Duration = .seconds(10)) async {
        let recorder = recorder
        await server.stop(patience: patience, openExchanges: { recorder.openExchanges })
        let now = clock.now()
        await recorder.finish { sink in (sink as? TapeWriter)?.finish(reason: reason, at: now) }
        try? await group.shutdownGracefully()
        for pool in threads { try? await pool.shutdownGracefully() }
    }

    private init(
        address: SocketAddress, authority: CertificateAuthority, server: ProxyServer, recorder: Recorder,
        clock: RecordingClock, group: MultiThreadedEventLoopGroup, threads: [NIOThreadPool]
    ) {
        self.address = address
        self.authority = authority
        self.server = server
        self.recorder = recorder
        self.clock = clock
        self.group = group
        self.threads = threads
    }

    static func openTape(
        _ directory: String, _ options: TapeWriterOptions, keepsSecrets: Bool, observer: Observer,
        files: LocalFiles = LocalFiles(), now: Instant
    ) throws(TapeError) -> sending TapeWriter {
        let key = PseudonymKey()
        let redactor: any Redacting & Sendable =
            keepsSecrets ? KeepSecrets() : Redactor(pseudonym: { key.pseudonym(of: $0) })
        let writer = try TapeWriter(
            directory: directory, options: options, redactor: redactor, keyID: key.identifier, files: files, now: now)
        writer.onExchange = observer.onExchange
        writer.onConnection = observer.onConnection
        writer.onStop = observer.onStop
        writer.onRecord = observer.onRecord
        return writer
    }
}

/// The key of one recording's pseudonyms.
///
/// It lives in memory only: without it nobody can try secrets out.
struct PseudonymKey: Sendable {
    private let key = SymmetricKey(size: .bits256)

    /// Tells tapes of one key from those of another and says nothing about it.
    var identifier: String { pseudonym(of: Array("key identifier".utf8)) }

    func pseudonym(of secret: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: secret, using: key)
        let digits = Array("0123456789abcdef".utf8)
        let text = code.prefix(4).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
