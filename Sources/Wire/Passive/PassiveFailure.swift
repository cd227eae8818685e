import TapeModel

/// Why a connection of a capture ended as it did, in the words that the proxy has for the same.
enum PassiveFailure {
    /// A connection that never came up.
    static func opening(_ reason: FlowEnd.Reason, _ authority: String) -> ExchangeError? {
        switch reason {
        case .noAnswer:
            ExchangeError(
                party: .network, code: "connect-timeout",
                detail: "\(authority) did not answer the attempt to connect.")
        case .refused:
            ExchangeError(
                party: .network, code: "connection-refused",
                detail: "Nothing listens at \(authority): connection refused.")
        case .finished, .reset, .captureEnded, .forgotten: nil
        }
    }

    /// A connection that was up.
    static func ending(_ end: FlowEnd, hasCloseNotify: Bool) -> ExchangeError? {
        switch end.reason {
        // A reset behind the alert that ends TLS is a socket that was closed with octets unread, and loses nothing.
        case .reset(let side) where !hasCloseNotify:
            ExchangeError(
                party: side == .client ? .client : .network, code: "connection-reset",
                detail: "The \(side.rawValue) reset the connection.")
        case .finished, .reset, .noAnswer, .refused: nil
        case .captureEnded:
            ExchangeError(
                party: .recorder, code: "recording-stopped", detail: "The capture ended with the connection open.")
        case .forgotten:
            ExchangeError(
                party: .recorder, code: "connection-forgotten",
                detail: "Nothing was seen of the connection for so long that it was given up.")
        }
    }

    /// A TLS handshake that an alert ended.
    static func shaking(_ alert: TLSAlert, from side: Side, _ host: String) -> ExchangeError {
        let trust = [
            "unknown_ca", "bad_certificate", "certificate_unknown", "unsupported_certificate", "certificate_expired",
            "certificate_revoked",
        ]
        switch side {
        case .client where trust.contains(alert.name):
            return ExchangeError(
                party: .client, code: "client-refused-certificate",
                detail: "The client refused the certificate of \(host) (TLS alert \(alert.name)).")
        case .client:
            return ExchangeError(
                party: .client, code: "client-handshake-failed",
                detail: "The client broke off the TLS handshake with \(host) (TLS alert \(alert.name)).")
        case .server where alert.name == "certificate_required":
            return ExchangeError(
                party: .client, code: "client-certificate-required",
                detail: "\(host) asks for a TLS certificate of the client, and got none.")
        case .server:
            return ExchangeError(
                party: .registry, code: "handshake-failed",
                detail: "The TLS handshake with \(host) failed: TLS alert \(alert.name).")
        }
    }

    /// A TLS handshake that ended without a word.
    static func leavingHandshake(_ side: Side?, _ host: String) -> ExchangeError {
        switch side {
        case .client:
            ExchangeError(
                party: .client, code: "client-left-handshake",
                detail: "The client closed the connection during the TLS handshake with \(host); it probably does not "
                    + "trust its certificate.")
        case .server:
            ExchangeError(
                party: .network, code: "handshake-broken",
                detail: "\(host) closed the connection during the TLS handshake.")
        case nil:
            ExchangeError(
                party: .recorder, code: "recording-stopped",
                detail: "The capture ended during the TLS handshake with \(host).")
        }
    }

    /// A fatal alert on a connection that was up.
    static func alert(_ alert: TLSAlert, from side: Side, _ host: String) -> ExchangeError {
        if side == .server, alert.name == "certificate_required" { return shaking(alert, from: side, host) }
        return ExchangeError(
            party: side == .client ? .client : .registry, code: "tls-alert",
            detail: "The \(side.rawValue) ended TLS with the alert \(alert.name).")
    }

    /// A stream that ended without the close_notify that tells an end from a cut (RFC 8446 §6.1).
    static func cut(_ side: Side) -> ExchangeError {
        ExchangeError(
            party: side == .client ? .client : .network, code: "missing-close-notify",
            detail: "The \(side.rawValue) closed the TCP connection without ending TLS.")
    }
}
