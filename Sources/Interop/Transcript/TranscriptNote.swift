import TapeModel

/// What a `* ` line says, where it says something that a tape keeps.
enum TranscriptNote: Hashable {
    /// `Connected to HOST (ADDR) port PORT [(#N)]`; `Established connection to HOST (ADDR port PORT) …` of curl 8.16.
    case connected(host: String, address: String, port: Int, number: Int?)
    /// `Re-using existing connection #N with host HOST`, `Re-using existing https: connection with host HOST`.
    case reused(number: Int?, host: String?)
    /// `SSL connection using TLSv1.3 / CIPHER`.
    case secured(version: String, cipher: String)
    /// `ALPN: offers h2,http/1.1`.
    case protocolsOffered([String])
    /// `ALPN: server accepted h2`.
    case protocolChosen(String)
    /// `TLS versions offered: TLSv1.0, TLSv1.1`; ours.
    case versionsOffered([String])
    /// `subject: …` and the like of a server certificate.
    case certificate(CertificateFact)
    /// `at 2026-11-23T10:00:00Z`: when the next exchange starts; ours.
    case at(Instant)
    /// `took 1500 ms`: how long the exchange above waited for its answer, or the one below where none is open; ours.
    case took(Int64)
    /// `exchange 7, connection 3, stream 5, 2026-11-23T10:07:15.123456Z`; ours.
    case exchange(seq: Int64, connection: Int, stream: Int?, started: Instant)
    /// `dns 0, connect 0, tls 0, send 80, wait 4100, receive 900 microseconds`; ours.
    case timing(Timing)
    /// `failed (PARTY, CODE): SENTENCE`; ours.
    case failed(ExchangeError)
    /// `connection to HOST:PORT failed (PARTY, CODE): SENTENCE`; ours.
    case connectionFailed(authority: String, ExchangeError)
    /// `closed by SIDE`, with `(PARTY, CODE): SENTENCE` where that was not in order; ours.
    case closed(ConnectionEnd.Closer, ExchangeError?)
    /// `seen by capture`: packets were the witness of the connection; ours.
    case captured
    /// `packets of SIDE: 310 segments, 2 retransmitted, 0 out of order, 0 zero windows, 0 octets missing`, before
    /// `closed by`; ours.
    case packets(Side, PacketCounts.Direction)
    /// `anomaly (SIDE, CODE): SENTENCE`, within the exchange above; ours.
    case anomaly(Side, code: String, detail: String)
    /// `88080384 octets of content[, not kept]`: a body that is not shown; ours.
    case octets(Int64)
    /// `content has sha256:…`: what the content above hashes to, which nobody here computes; ours.
    case digest(String)
    /// `[HTTP/2] [5] OPENED stream for https://…`, `Using Stream ID: 5 (…)`.
    case stream(Int)
    /// `Establish HTTP proxy tunnel to HOST:PORT`.
    case tunnel(authority: String)
    /// `connect to 127.0.0.1 port 9 failed: Connection refused`, `Could not resolve host: NAME`: of curl.
    case unreachable(host: String, port: Int?, ExchangeError)
    /// Anything else.
    case chatter

    /// One line of curl's `Server certificate:`.
    enum CertificateFact: Hashable {
        case subject(String)
        case issuer(String)
        case notBefore(Instant)
        case notAfter(Instant)
        case names([String])
    }

    init(_ text: String) throws(TranscriptNoteError) {
        if let note = try Self.own(text) {
            self = note
        } else {
            self = Self.connection(text) ?? Self.security(text) ?? .chatter
        }
    }
}

/// A note of our own form that does not keep to it.
struct TranscriptNoteError: Error {
    var detail: String
}
