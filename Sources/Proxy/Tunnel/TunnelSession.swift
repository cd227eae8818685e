import Listener
import NIOCore
import NIOSSL
import TapeModel
import Wire

/// Performs the actions of a `TunnelMachine` with real channels, and tells the tap what happened.
///
/// Lives on the client's event loop, and so does the upstream channel: a pair never crosses threads.
final class TunnelSession: PipeOwner {
    private let services: ProxyServices
    private let client: any Channel
    private let target: Authority
    private let id: ConnectionID
    private var machine = TunnelMachine()
    private var connection: Connection
    private var sniffer: HelloSniffer?
    private var clientLeg: PipeHandler?
    private var serverLeg: PipeHandler?
    private var server: (any Channel)?
    private var leafHost: String
    private var copying = TunnelMachine.Copying.blind
    private var isRecorded = false
    private var bytes: [Side: Int64] = [:]
    private var firstCloser: ConnectionEnd.Closer?
    private var endError: ExchangeError?
    private var inactive: Set<Side> = []
    private var isEnded = false

    init(services: ProxyServices, client: any Channel, target: Authority) {
        self.services = services
        self.client = client
        self.target = target
        id = services.connections.next()
        leafHost = target.host
        connection = Connection(
            id: id, source: .proxy, mode: .tunnel, started: services.clock.now(),
            client: client.remoteAddress?.plainText ?? "", authority: target.description)
    }

    /// `leftover` is what the client sent behind its CONNECT without waiting for the answer.
    func start(leftover: ByteBuffer) {
        // The session keeps itself alive through the handlers that report to it.
        let sniffer = HelloSniffer(leftover: leftover) { self.sniffed($0) }
        self.sniffer = sniffer
        let isPassthrough = services.settings.passthrough.contains { $0.matches(target.host) }
        do {
            perform(machine.handle(.connectReceived(isPassthrough: isPassthrough)))
            try client.pipeline.syncOperations.addHandler(sniffer)
        } catch {
            client.close(promise: nil)
        }
    }

    private func step(_ event: TunnelMachine.Event) {
        perform(machine.handle(event))
    }

    private func perform(_ actions: [TunnelMachine.Action]) {
        for action in actions {
            switch action {
            case .dial: dial()
            case .answerConnected:
                client.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
            case .refuseConnect(let error): refuseConnect(error)
            case .shakeServer(let hello): shakeServer(hello)
            case .shakeClient(let alpn): shakeClient(alpn)
            case .pipe(let copying): pipe(copying)
            case .answerFailure(let error): answerFailure(error)
            case .recordFailure(let error): recordFailure(error)
            case .close:
                client.close(promise: nil)
                server?.close(promise: nil)
            }
        }
    }

    // MARK: Establishing

    private func sniffed(_ verdict: HelloSniffer.Verdict) {
        switch verdict {
        case .hello(let hello):
            if let sni = hello.sni { leafHost = sni.lowercasedASCII }
            connection.clientTLS = TLSLeg(
                sni: hello.sni, alpnOffered: hello.alpn, versionsOffered: hello.versions, ciphersOffered: hello.ciphers)
            let isPassthrough = services.settings.passthrough.contains { $0.matches(leafHost) }
            step(.helloReceived(.init(sni: hello.sni, alpn: hello.alpn, isPassthrough: isPassthrough)))
        case .plaintext: step(.plaintextReceived)
        case .silence: step(.silenceLasted)
        case .left:
            step(.clientLeft)
            client.close(promise: nil)
        }
    }

    private func dial() {
        let dialer = OriginDialer(services: services, eventLoop: client.eventLoop)
        dialer.dial(target, through: services.settings.upstreamProxy).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let dialed):
                guard self.client.isActive else { return dialed.channel.close(promise: nil) }
                self.server = dialed.channel
                self.connection.server = dialed.channel.remoteAddress?.plainText
                self.connection.timing = dialed.timing
                self.step(.dialed)
            case .failure(let error):
                self.step(.dialFailed(DialFailure.dialing(self.target.description, error)))
            }
        }
    }

    private func shakeServer(_ hello: TunnelMachine.Hello) {
        guard let server else { return }
        let services = services
        let host = leafHost
        let started = services.clock.now()
        let judgement = ChainJudgement(trust: services.trust, host: host, clock: services.clock)
        do {
            let context = try services.origins.context(offering: hello.alpn)
            let tls = try NIOSSLClientHandler(
                context: context, serverHostname: hello.sni, customVerificationCallback: judgement.callback)
            let leg = PipeHandler(side: .server, tap: services.tap, owner: self, isTLS: true)
            serverLeg = leg
            self.judgement = judgement
            handshakeStarted = started
            try server.pipeline.syncOperations.addHandlers([tls, leg])
            server.setOption(.autoRead, value: true).assumeIsolated().whenFailure { self.legFailed(.server, $0) }
        } catch {
            step(.serverFailed(DialFailure.shakingServer(target.description, error)))
        }
    }

    private var judgement: ChainJudgement?
    private var handshakeStarted: Instant?

    private func shakeClient(_ alpn: String?) {
        do {
            let context = try services.leaves.context(for: leafHost, alpn: alpn, at: services.clock.now())
            let leg = PipeHandler(side: .client, tap: services.tap, owner: self, isTLS: true)
            clientLeg = leg
            connection.clientTLS?.alpn = alpn
            try client.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: context), leg])
            removeSniffer()
        } catch {
            step(.clientFailed(DialFailure.shakingClient(leafHost, certificatePath: certificatePath, error)))
        }
    }

    private var certificatePath: String { services.authority.certificatePath }

    private func removeSniffer() {
        guard let sniffer else { return }
        self.sniffer = nil
        client.pipeline.syncOperations.removeHandler(sniffer, promise: nil)
    }

    // MARK: Copying

    private func pipe(_ copying: TunnelMachine.Copying) {
        guard let server else { return }
        self.copying = copying
        do {
            if copying != .intercepted {
                let legs = (
                    client: PipeHandler(side: .client, tap: services.tap, owner: self, isTLS: false),
                    server: PipeHandler(side: .server, tap: services.tap, owner: self, isTLS: false)
                )
                try client.pipeline.syncOperations.addHandler(legs.client)
                try server.pipeline.syncOperations.addHandler(legs.server)
                (clientLeg, serverLeg) = legs
            }
        } catch {
            return client.close(promise: nil)
        }
        guard let clientLeg, let serverLeg else { return client.close(promise: nil) }
        connection.mode = copying == .intercepted ? .intercept : .tunnel
        recordOpened()
        PipeHandler.join(clientLeg, serverLeg)
        removeSniffer()
        if copying != .intercepted { server.setOption(.autoRead, value: true).whenFailure { _ in } }
    }

    func legRead(_ side: Side, _ buffer: ByteBuffer) {
        bytes[side, default: 0] += Int64(buffer.readableBytes)
        if copying != .blind { services.tap.put(.bytes(id, side, buffer, at: services.clock.now())) }
    }

    func legShaken(_ side: Side, alpn: String?) {
        switch side {
        case .server:
            let now = services.clock.now()
            connection.timing.tls = handshakeStarted.map { now.microseconds(since: $0) } ?? 0
            connection.certificates = judgement?.summaries ?? []
            connection.serverTLS = TLSLeg(
                sni: connection.clientTLS?.sni, alpnOffered: connection.clientTLS?.alpnOffered ?? [],
                alpn: alpn,
                version: (try? server?.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self))
                    .flatMap { $0.tlsVersion }.map(TLSVersionName.name))
            step(.serverShaken(alpn: alpn))
        case .client:
            connection.clientTLS?.version =
                (try? client.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self))
                .flatMap { $0.tlsVersion }.map(TLSVersionName.name)
            step(.clientShaken)
        }
    }

    func legInputClosed(_ side: Side) {
        if firstCloser == nil { firstCloser = side == .client ? .client : .server }
        if copying != .blind { services.tap.put(.endOfStream(id, side, at: services.clock.now())) }
    }

    func legFailed(_ side: Side, _ error: any Error) {
        if isRecorded {
            if endError == nil { endError = DialFailure.copying(side, error) }
            if let error = error as? NIOSSLError, case .uncleanShutdown = error { return }
            (side == .client ? client : server)?.close(promise: nil)
            return
        }
        switch side {
        case .server:
            let verdict = judgement?.refusal
            connection.certificates = judgement?.summaries ?? []
            step(.serverFailed(verdict ?? DialFailure.shakingServer(target.description, error)))
            server?.close(promise: nil)
        case .client:
            step(.clientFailed(DialFailure.shakingClient(leafHost, certificatePath: certificatePath, error)))
            client.close(promise: nil)
        }
    }

    func legInactive(_ side: Side) {
        inactive.insert(side)
        if firstCloser == nil { firstCloser = side == .client ? .client : .server }
        if !isRecorded {
            switch side {
            case .client: step(.clientLeft)
            case .server: step(.serverFailed(DialFailure.shakingServer(target.description, HandshakeEnded())))
            }
        }
        if side == .client || isRecorded { (side == .client ? server : client)?.close(promise: nil) }
        if inactive.count == 2 || server == nil || !isRecorded { recordEnd() }
    }

    private struct HandshakeEnded: Error, CustomStringConvertible {
        var description: String { "eofDuringHandshake" }
    }

    // MARK: Failing

    private func refuseConnect(_ error: ExchangeError) {
        let text = FailureAnswer.response(
            status: 502, reason: "Bad Gateway", error: error, isHead: false, keepAlive: false)
        client.writeAndFlush(ByteBuffer(string: text)).assumeIsolated().whenComplete { _ in
            self.client.close(promise: nil)
        }
    }

    private func answerFailure(_ error: ExchangeError) {
        connection.mode = connection.clientTLS == nil ? .tunnel : .intercept
        connection.failure = error
        recordOpened()
        let scheme = connection.clientTLS == nil ? "http" : "https"
        let responder = FailureResponder(
            error: error, authority: target.text(in: scheme), scheme: scheme, clock: services.clock
        ) { [services, id] head in
            services.tap.put(.refused(id, head, error, at: services.clock.now()))
        }
        server?.close(promise: nil)
        do {
            if let clientLeg {
                try client.pipeline.syncOperations.addHandler(responder, position: .before(clientLeg))
                clientLeg.stepAside()
            } else {
                try client.pipeline.syncOperations.addHandler(responder)
            }
        } catch {
            client.close(promise: nil)
        }
        client.closeFuture.assumeIsolated().whenComplete { _ in self.recordEnd() }
        removeSniffer()
    }

    private func recordFailure(_ error: ExchangeError) {
        guard !isRecorded else { return }
        connection.failure = error
        recordOpened()
        recordEnd()
    }

    // MARK: Telling the tap

    private func recordOpened() {
        guard !isRecorded else { return }
        isRecorded = true
        var record = connection
        if let sni = connection.clientTLS?.sni { record.authority = sni + ":\(target.port)" }
        services.tap.put(.opened(record, scheme: connection.clientTLS == nil ? "http" : "https"))
    }

    private func recordEnd() {
        guard isRecorded, !isEnded else { return }
        isEnded = true
        services.tap.put(
            .closed(
                ConnectionEnd(
                    id: id, ended: services.clock.now(), closedBy: firstCloser ?? .recorder,
                    clientBytes: bytes[.client] ?? 0, serverBytes: bytes[.server] ?? 0, error: endError)))
    }
}
