import DequeModule
import TapeModel

/// TLS of one connection of a capture: what its events mean for the record and for the protocol above.
struct TLSPassage: Sendable {
    /// What both hellos and the certificate said.
    struct Legs: Sendable {
        var leg = TLSLeg()
        var certificates: [CertificateSummary] = []
        /// Microseconds from the ClientHello to the last Finished.
        var handshake: Int64 = 0
    }

    enum Step: Sendable {
        /// The handshake is over, or will not be seen: nothing more becomes known of it.
        case known(Legs)
        case plaintext(Side, [UInt8], at: Instant)
        /// Content is missing here.
        case hole(at: Instant)
        case oddity(Side, code: String, detail: String, at: Instant)
    }

    let isMidway: Bool
    private var observer = TLSObserver()
    private var legs = Legs()
    private var hello: Instant?
    private var isUp = false
    private var shakingAlert: (alert: TLSAlert, side: Side)?
    private var steps: Deque<Step> = []
    private var farewells: Set<Side> = []
    private var undecrypted: Set<Side> = []
    private var reason: String?
    private var hasPlaintext = false
    private var clientOctets = 0
    private var serverOctets = 0
    private var heard: [TLSEvent] = []
    private var last = Instant(microseconds: 0)
    /// Memory for what waits for secrets, kept because it is asked for after each segment.
    private(set) var waitingOctets = 0
    /// Why the connection did not end in order, as far as TLS knows.
    private(set) var error: ExchangeError?

    init(isMidway: Bool) {
        self.isMidway = isMidway
    }

    var hasCloseNotify: Bool { !farewells.isEmpty }

    /// Octets of a side as TLS carried them, where nothing of it was read.
    func unreadOctets(_ side: Side) -> Int {
        guard !hasPlaintext else { return 0 }
        return switch side {
        case .client: clientOctets
        case .server: serverOctets
        }
    }

    private var host: String { legs.leg.sni ?? "the server" }

    mutating func receive(_ side: Side, _ bytes: Span<UInt8>, at now: Instant, secrets: KeyLogSecrets) {
        last = now
        switch side {
        case .client: clientOctets &+= bytes.count
        case .server: serverOctets &+= bytes.count
        }
        observer.receive(side, bytes, at: now, secrets: secrets, into: &heard)
        settle()
    }

    mutating func gap(_ side: Side, octets: Int64, at now: Instant, secrets: KeyLogSecrets) {
        last = now
        observer.gap(side, octets: octets, at: now, secrets: secrets, into: &heard)
        steps.append(.hole(at: now))
        settle()
    }

    mutating func retry(secrets: KeyLogSecrets) {
        observer.retry(secrets: secrets, into: &heard)
        settle()
    }

    var clientRandom: [UInt8]? { observer.clientHello?.random }

    mutating func stopWaiting(secrets: KeyLogSecrets) {
        observer.stopWaiting(at: last, secrets: secrets, into: &heard)
        settle()
    }

    mutating func endOfStream(_ side: Side, at now: Instant, secrets: KeyLogSecrets) {
        last = now
        observer.endOfStream(side, at: now, secrets: secrets, into: &heard)
        settle()
        guard isUp, hasPlaintext, farewells.isEmpty, !undecrypted.contains(side), error == nil else { return }
        error = PassiveFailure.cut(side)
    }

    mutating func finish(at now: Instant, secrets: KeyLogSecrets) {
        observer.finish(at: now, secrets: secrets, into: &heard)
        settle()
    }

    mutating func next() -> Step? { steps.popFirst() }

    /// Why nothing of what was carried is known, where that is so.
    var silence: ExchangeError? {
        guard isUp, !hasPlaintext, let reason else { return nil }
        return ExchangeError(party: .recorder, code: "not-decrypted", detail: reason)
    }

    /// Why no exchange was ever carried, where the handshake did not end well.
    func failure(closedBy side: Side?) -> ExchangeError? {
        guard !isUp, hello != nil else { return nil }
        if let shakingAlert { return PassiveFailure.shaking(shakingAlert.alert, from: shakingAlert.side, host) }
        return PassiveFailure.leavingHandshake(side, host)
    }

    // MARK: What the observer says

    private mutating func settle() {
        var taken: [TLSEvent] = []
        swap(&taken, &heard)
        for event in taken { settle(event) }
        taken.removeAll(keepingCapacity: true)
        swap(&taken, &heard)
        waitingOctets = observer.waitingOctets
    }

    private mutating func settle(_ event: TLSEvent) {
        switch event {
        case .clientHello(let client, let now):
            if hello == nil { hello = now }
            legs.leg.sni = client.sni
            legs.leg.alpnOffered = client.alpn
            legs.leg.versionsOffered = client.versions
            legs.leg.ciphersOffered = client.ciphers
        case .serverHello(let server, _):
            legs.leg.version = server.version
            legs.leg.cipher = server.cipher
            legs.leg.alpn = server.alpn ?? legs.leg.alpn
        case .certificates(let chain): legs.certificates = chain.compactMap(CertificateReader.summary)
        case .applicationProtocol(let name): legs.leg.alpn = name
        case .handshakeFinished(let now): comeUp(at: now)
        case .plaintext(let side, let octets, let now):
            comeUp(at: now)
            hasPlaintext = true
            steps.append(.plaintext(side, octets, at: now))
        case .alert(let side, let alert, let now): settle(alert, side, now)
        case .undecrypted(let side, let reason):
            guard undecrypted.insert(side).inserted else { return }
            self.reason = self.reason ?? reason
            steps.append(.oddity(side, code: "not-decrypted", detail: reason, at: last))
        case .oddity(let side, let code, let detail, let now):
            if code == "tls-records-lost" { steps.append(.hole(at: now)) }
            steps.append(.oddity(side, code: code, detail: detail, at: now))
        }
    }

    private mutating func settle(_ alert: TLSAlert, _ side: Side, _ now: Instant) {
        if alert.name == "close_notify" {
            farewells.insert(side)
        } else if !isUp {
            if shakingAlert == nil, alert.isFatal { shakingAlert = (alert, side) }
        } else if alert.isFatal, error == nil {
            error = PassiveFailure.alert(alert, from: side, host)
        }
    }

    private mutating func comeUp(at now: Instant) {
        guard !isUp, shakingAlert == nil else { return }
        isUp = true
        legs.handshake = hello.map { now.microseconds(since: $0) } ?? 0
        steps.append(.known(legs))
    }
}
