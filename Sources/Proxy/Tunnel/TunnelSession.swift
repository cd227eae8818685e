import Listener
import NIOCore
import NIOSSL
import TapeModel
import Wire

/// Performs the actions of a `TunnelMachine` with real channels, and tells the tape what happened.
///
/// Lives on the client's event loop, and so does the upstream channel: a pair never crosses threads.
final class TunnelSession: PipeOwner {
    private let services: ProxyServices
    private let client: any Channel
    private let target: Authority
    private var machine = TunnelMachine()
    private var record: TunnelRecord
    private var sniffer: HelloSniffer?
    private var clientLeg: PipeHandler?
    private var serverLeg: PipeHandler?
    private var server: (any Channel)?
    private var spoken = ByteBuffer()
    private var leafHost: String
    private var judgement: ChainJudgement?
    private var handshakeStarted: Instant?
    private var deadline: Scheduled<Void>?
    private var isCopying = false
    /// Sides whose end, in order or cut, the other side was told of.
    private var ended: Set<Side> = []
    private var inactive: Set<Side> = []

    init(services: ProxyServices, client: any Channel, target: Authority) {
        self.services = services
        self.client = client
        self.target = target
        leafHost = target.host
        record = TunnelRecord(
            tap: services.tap, clock: services.clock,
            connection: Connection(
                id: services.connections.next(), source: .proxy, mode: .tunnel, started: services.clock.now(),
                client: client.remoteAddress?.plainText ?? "", authority: target.description),
            port: target.port)
    }

    /// `leftover` is what the client sent behind its CONNECT without waiting for the answer.
    func start(leftover: ByteBuffer) {
        // The session keeps itself alive through the handlers that report to it.
        let sniffer = HelloSniffer(leftover: leftover, patience: patience) { self.sniffed($0) }
        self.sniffer = sniffer
        let me = NIOLoopBound(self, eventLoop: client.eventLoop)
        services.tunnels.insert(record.connection.id, on: client.eventLoop) { me.value.stop() }
        let isPassthrough = services.settings.passthrough.contains { $0.matches(target.host) }
        do {
            step(.connectReceived(isPassthrough: isPassthrough))
            try client.pipeline.syncOperations.addHandler(sniffer)
        } catch {
            client.close(promise: nil)
        }
    }

    private var patience: TunnelPatience { services.settings.tunnelPatience }

    private func step(_ event: TunnelMachine.Event) {
        for action in machine.handle(event) { perform(action) }
    }

    private func perform(_ action: TunnelMachine.Action) {
        switch action {
        case .dial: dial()
        case .answerConnected:
            client.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
        case .refuseConnect(let error): refuseConnect(error)
        case .shakeServer(let hello): shakeServer(hello)
        case .shakeClient(let alpn): shakeClient(alpn)
        case .pipe(let copying): pipe(copying)
        case .answerFailure(let error): answerFailure(error)
        case .recordFailure(let error):
            record.fail(error)
            end()
        case .sendAlert: client.writeAndFlush(ByteBuffer(bytes: Self.unrecognizedName), promise: nil)
        case .close:
            client.close(promise: nil)
            server?.close(promise: nil)
        }
    }

    /// A fatal alert, unrecognized_name(112), in a plaintext record (RFC 8446 §6, RFC 6066 §3).
    private static let unrecognizedName: [UInt8] = [21, 3, 3, 0, 2, 2, 112]

    private func expect(within limit: TimeAmount, else event: @escaping () -> TunnelMachine.Event) {
        deadline?.cancel()
        deadline = client.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.step(event()) }
    }
}

// MARK: - Establishing

extension TunnelSession {
    private func sniffed(_ verdict: HelloSniffer.Verdict) {
        switch verdict {
        case .hello(let hello):
            record.helloReceived(hello)
            if let sni = hello.sni {
                guard HostName.isName(sni) else { return step(.helloRefused(DialFailure.badServerName(sni))) }
                leafHost = sni.lowercasedASCII
            }
            let isPassthrough = services.settings.passthrough.contains { $0.matches(leafHost) }
            step(.helloReceived(.init(sni: hello.sni, alpn: hello.alpn, isPassthrough: isPassthrough)))
        case .plaintext: step(.plaintextReceived)
        case .silence: step(.silenceLasted)
        case .stalled: step(.clientFailed(DialFailure.clientTimeout("did not finish its ClientHello")))
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
                self.spoken = dialed.spoken
                self.record.connection.server = dialed.channel.remoteAddress?.plainText
                self.record.connection.timing = dialed.timing
                self.step(.dialed)
            case .failure(let error):
                self.step(.dialFailed(DialFailure.dialing(self.target.description, error)))
            }
        }
    }

    private func shakeServer(_ hello: TunnelMachine.Hello) {
        guard let server else { return }
        let judgement = ChainJudgement(trust: services.trust, host: leafHost, clock: services.clock)
        self.judgement = judgement
        handshakeStarted = services.clock.now()
        record.connection.serverTLS = TLSLeg(sni: hello.sni, alpnOffered: hello.alpn)
        let timing = record.connection.timing
        let left = patience.origin - .microseconds(timing.dns + timing.connect)
        // However slow the dial was, a handshake that is on its way gets its second.
        expect(within: max(left, .seconds(1))) {
            // Closed a moment later: the end of the channel must not speak before its reason.
            if let server = self.server { server.eventLoop.execute { server.close(promise: nil) } }
            return .serverFailed(DialFailure.handshakeTimeout(self.target.description))
        }
        do {
            let context = try services.origins.context(offering: hello.alpn)
            let tls = try NIOSSLClientHandler(
                context: context, serverHostname: hello.sni, customVerificationCallback: judgement.callback)
            let reader = ServerHelloReader(side: .server) { [weak self] in
                self?.record.connection.serverTLS?.version = $0.version
                self?.record.connection.serverTLS?.cipher = $0.cipher
            }
            let leg = PipeHandler(side: .server, tap: services.tap, owner: self, isTLS: true)
            serverLeg = leg
            try server.pipeline.syncOperations.addHandlers([reader, tls, leg])
            begin(reading: server)
        } catch {
            step(.serverFailed(DialFailure.shakingServer(target.description, error)))
        }
    }

    private func begin(reading server: any Channel) {
        if spoken.readableBytes > 0 {
            server.pipeline.fireChannelRead(spoken)
            server.pipeline.fireChannelReadComplete()
        }
        server.setOption(.autoRead, value: true).assumeIsolated().whenFailure { self.legFailed(.server, $0) }
    }

    private func shakeClient(_ alpn: String?) {
        expect(within: patience.clientHandshake) {
            .clientFailed(DialFailure.clientTimeout("did not finish its TLS handshake"))
        }
        do {
            let context = try services.leaves.context(for: leafHost, alpn: alpn, at: services.clock.now())
            let reader = ServerHelloReader(side: .client) { [weak self] in
                self?.record.connection.clientTLS?.version = $0.version
                self?.record.connection.clientTLS?.cipher = $0.cipher
            }
            let leg = PipeHandler(side: .client, tap: services.tap, owner: self, isTLS: true)
            clientLeg = leg
            record.connection.clientTLS?.alpn = alpn
            try client.pipeline.syncOperations.addHandlers([reader, NIOSSLServerHandler(context: context), leg])
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

    func legShaken(_ side: Side, alpn: String?) {
        switch side {
        case .server:
            let now = services.clock.now()
            record.connection.timing.tls = handshakeStarted.map { now.microseconds(since: $0) } ?? 0
            record.connection.certificates = judgement?.summaries ?? []
            record.connection.serverTLS?.alpn = alpn
            step(.serverShaken(alpn: alpn))
        case .client:
            step(.clientShaken)
        }
    }
}

// MARK: - Copying and ending

extension TunnelSession {
    private func pipe(_ copying: TunnelMachine.Copying) {
        guard let server else { return }
        deadline?.cancel()
        isCopying = true
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
        record.copyingBegins(copying)
        PipeHandler.join(clientLeg, serverLeg)
        removeSniffer()
        if copying != .intercepted { begin(reading: server) }
    }

    func legRead(_ side: Side, _ buffer: ByteBuffer) {
        record.received(side, buffer)
    }

    func legInputClosed(_ side: Side, isCut: Bool) {
        ended.insert(side)
        record.leaves(side)
        // A stream that was cut has no end as far as the decoder is concerned: what waits for it was cut as well.
        if isCut { record.broke(DialFailure.cut(side)) } else { record.inputClosed(side) }
    }

    func legFailed(_ side: Side, _ error: any Error) {
        if isCopying {
            record.leaves(side)
            record.broke(DialFailure.copying(side, error))
            (side == .client ? clientLeg : serverLeg)?.cut()
            return
        }
        switch side {
        case .server:
            record.connection.certificates = judgement?.summaries ?? []
            step(.serverFailed(judgement?.refusal ?? DialFailure.shakingServer(target.description, error)))
            server?.close(promise: nil)
        case .client:
            step(.clientFailed(DialFailure.shakingClient(leafHost, certificatePath: certificatePath, error)))
            client.close(promise: nil)
        }
    }

    func legInactive(_ side: Side) {
        inactive.insert(side)
        guard isCopying else {
            switch side {
            case .client:
                step(.clientLeft)
                server?.close(promise: nil)
            case .server: step(.serverFailed(DialFailure.shakingServer(target.description, HandshakeEnded())))
            }
            if record.isOpened { end() }
            return
        }
        record.leaves(side)
        if inactive.count == 2 { return end() }
        let other = side == .client ? serverLeg : clientLeg
        if ended.contains(side) {
            other?.expectEnd(within: patience.farewell)
        } else {
            other?.breakOff(within: patience.farewell)
        }
    }

    private struct HandshakeEnded: Error, CustomStringConvertible {
        var description: String { "eofDuringHandshake" }
    }

    private func end() {
        deadline?.cancel()
        services.tunnels.remove(record.connection.id)
        record.end()
    }

    /// The recorder stops: the tape is told of the end now, for nobody waits for what the peers still say.
    private func stop() {
        record.stopped()
        record.fail(
            ExchangeError(
                party: .recorder, code: "recording-stopped",
                detail: "The recording stopped before the connection was established."))
        end()
        // What the closing of the channels brings up is no news for the machine any more.
        _ = machine.handle(.clientLeft)
        clientLeg?.farewell()
        serverLeg?.farewell()
        client.close(promise: nil)
        server?.close(promise: nil)
    }
}

// MARK: - Failing

extension TunnelSession {
    private func refuseConnect(_ error: ExchangeError) {
        let text = FailureAnswer.response(
            status: 502, reason: "Bad Gateway", error: error, isHead: false, keepAlive: false)
        client.writeAndFlush(ByteBuffer(string: text)).assumeIsolated().whenComplete { _ in
            self.client.close(promise: nil)
        }
    }

    private func answerFailure(_ error: ExchangeError) {
        record.connection.mode = record.connection.clientTLS == nil ? .tunnel : .intercept
        record.fail(error)
        let scheme = record.connection.clientTLS == nil ? "http" : "https"
        let responder = FailureResponder(
            error: error, authority: target.text(in: scheme), scheme: scheme, clock: services.clock
        ) { [services, id = record.connection.id] head in
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
        client.closeFuture.assumeIsolated().whenComplete { _ in self.end() }
        deadline?.cancel()
        deadline = client.eventLoop.assumeIsolated().scheduleTask(in: patience.refusal) {
            self.client.close(promise: nil)
        }
        removeSniffer()
    }
}
