/// What is known of one connection before and between its exchanges.
public struct Connection: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable {
        /// CONNECT with TLS opened on both sides, bytes untouched.
        case intercept
        /// CONNECT or passthrough copied blindly.
        case tunnel
        /// Absolute-form requests; the record describes the upstream connection.
        case plain
        /// A registry fronted by us; the record describes the upstream connection.
        case reverse
        /// Seen on the wire by packet capture.
        case passive
    }

    public var id: ConnectionID
    public var source: Source
    public var mode: Mode
    public var started: Instant
    /// Address and port of the client.
    public var client: String
    /// Host and port that the client named.
    public var authority: String
    /// Address and port that was dialled, where one was reached.
    public var server: String?
    public var timing: Timing
    public var clientTLS: TLSLeg?
    public var serverTLS: TLSLeg?
    /// The chain that the server presented, leaf first.
    public var certificates: [CertificateSummary]
    /// Why the connection never carried an exchange.
    public var failure: ExchangeError?

    public init(
        id: ConnectionID, source: Source, mode: Mode, started: Instant, client: String, authority: String,
        server: String? = nil, timing: Timing = Timing(), clientTLS: TLSLeg? = nil, serverTLS: TLSLeg? = nil,
        certificates: [CertificateSummary] = [], failure: ExchangeError? = nil
    ) {
        self.id = id
        self.source = source
        self.mode = mode
        self.started = started
        self.client = client
        self.authority = authority
        self.server = server
        self.timing = timing
        self.clientTLS = clientTLS
        self.serverTLS = serverTLS
        self.certificates = certificates
        self.failure = failure
    }
}

/// One TLS handshake as its two hellos showed it.
///
/// Names are those of the IANA registries.
public struct TLSLeg: Sendable, Hashable {
    public var sni: String?
    public var alpnOffered: [String]
    public var versionsOffered: [String]
    public var ciphersOffered: [String]
    public var alpn: String?
    public var version: String?
    public var cipher: String?

    public init(
        sni: String? = nil, alpnOffered: [String] = [], versionsOffered: [String] = [], ciphersOffered: [String] = [],
        alpn: String? = nil, version: String? = nil, cipher: String? = nil
    ) {
        self.sni = sni
        self.alpnOffered = alpnOffered
        self.versionsOffered = versionsOffered
        self.ciphersOffered = ciphersOffered
        self.alpn = alpn
        self.version = version
        self.cipher = cipher
    }
}

/// What a certificate says of itself, enough to see whose it is and whether it was valid.
public struct CertificateSummary: Sendable, Hashable {
    public var subject: String
    public var issuer: String
    public var names: [String]
    public var notBefore: Instant
    public var notAfter: Instant

    public init(subject: String, issuer: String, names: [String], notBefore: Instant, notAfter: Instant) {
        self.subject = subject
        self.issuer = issuer
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}

/// How a connection ended.
public struct ConnectionEnd: Sendable, Hashable {
    public enum Closer: String, Sendable, Hashable {
        case client
        case server
        /// regtape itself, when it was stopped or refused to go on.
        case recorder
    }

    public var id: ConnectionID
    public var ended: Instant
    public var closedBy: Closer
    /// Octets of plaintext from the client, and from the server.
    public var clientBytes: Int64
    public var serverBytes: Int64
    /// Present where the end was not an orderly close: a reset, a missing close_notify, a timeout.
    public var error: ExchangeError?
    /// Present where packets were the witness.
    public var packets: PacketCounts?

    public init(
        id: ConnectionID, ended: Instant, closedBy: Closer, clientBytes: Int64, serverBytes: Int64,
        error: ExchangeError? = nil, packets: PacketCounts? = nil
    ) {
        self.id = id
        self.ended = ended
        self.closedBy = closedBy
        self.clientBytes = clientBytes
        self.serverBytes = serverBytes
        self.error = error
        self.packets = packets
    }

    /// What becomes of exchanges that are open when their connection closes without an error of its own.
    public static func openExchangeError(closedBy closer: Closer) -> ExchangeError {
        guard closer != .recorder else {
            return ExchangeError(
                party: .recorder, code: "recording-stopped", detail: "The recording stopped with the exchange open.")
        }
        return ExchangeError(
            party: closer == .client ? .client : .network, code: "connection-closed",
            detail: "The \(closer.rawValue) closed the connection before the exchange was over.")
    }
}
