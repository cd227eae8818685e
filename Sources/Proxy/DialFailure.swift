import Glibc
import Listener
import NIOCore
import NIOPosix
import NIOSSL
import TapeModel

/// Puts what sockets and the TLS library throw into a party, a code and a sentence.
enum DialFailure {
    static func dialing(_ authority: String, _ error: any Error) -> ExchangeError {
        switch error {
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error { return dialing(authority, cause) }
            if error.dnsAError is OriginResolver.WouldLoop || error.dnsAAAAError is OriginResolver.WouldLoop {
                return loop(authority)
            }
            let name = (error.dnsAError ?? error.dnsAAAAError) as? NameNotFound
            return ExchangeError(
                party: .network, code: "name-not-found",
                detail: "The name \(error.host) could not be resolved (\(name?.reason ?? "no address")).")
        case is OriginResolver.WouldLoop:
            return loop(authority)
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return ExchangeError(
                party: .network, code: "connection-refused",
                detail: "Nothing listens at \(authority): connection refused.")
        case is ConnectTimedOut:
            return timeout(authority)
        case let error as ChannelError:
            if case .connectTimeout = error { return timeout(authority) }
            return other(authority, error)
        case let error as ExchangeError:
            return error
        default:
            return other(authority, error)
        }
    }

    /// A handshake towards the origin that failed for another reason than its certificate.
    static func shakingServer(_ authority: String, _ error: any Error) -> ExchangeError {
        let text = String(describing: error)
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return ExchangeError(
                party: .registry, code: "not-tls",
                detail: "\(authority) does not speak TLS on this port; it may be a plain HTTP registry.")
        }
        if text.contains("CERTIFICATE_REQUIRED") {
            return ExchangeError(
                party: .client, code: "client-certificate-required",
                detail:
                    "\(authority) asks for a TLS certificate of the client, which regtape cannot present in its place; "
                    + "record this host with --passthrough.")
        }
        if text.contains("eofDuringHandshake") || error is IOError {
            return ExchangeError(
                party: .network, code: "handshake-broken",
                detail: "\(authority) closed the connection during the TLS handshake.")
        }
        return ExchangeError(
            party: .registry, code: "handshake-failed",
            detail: "The TLS handshake with \(authority) failed: \(reason(text)).")
    }

    /// A client that broke off its handshake with us: in most cases because it does not know our CA.
    static func shakingClient(_ host: String, certificatePath: String, _ error: any Error) -> ExchangeError {
        let text = String(describing: error)
        let trustAlerts = [
            "UNKNOWN_CA", "BAD_CERTIFICATE", "BAD_PACKET_LENGTH", "CERTIFICATE_UNKNOWN", "UNSUPPORTED_CERTIFICATE",
        ]
        // OpenSSL 3 sends its alert unencrypted where TLS 1.3 expects ciphertext, which reads as a bad packet.
        let install =
            "Install \(certificatePath) as a trusted CA of the client; for Docker copy it to "
            + "/etc/docker/certs.d/\(host)/ca.crt (see: regtape setup docker --print)."
        if let alert = trustAlerts.first(where: text.contains) {
            return ExchangeError(
                party: .client, code: "client-refused-certificate",
                detail: "The client refused the certificate made for \(host) (TLS alert "
                    + "\(alert == "BAD_PACKET_LENGTH" ? "sent unencrypted" : alert.lowercasedASCII)): it does not trust regtape's CA. \(install)"
            )
        }
        if text.contains("eofDuringHandshake") || text.contains("ECONNRESET") || error is IOError {
            return ExchangeError(
                party: .client, code: "client-left-handshake",
                detail: "The client closed the connection during the TLS handshake for \(host); it probably does not "
                    + "trust regtape's CA. \(install)")
        }
        return ExchangeError(
            party: .client, code: "client-handshake-failed",
            detail: "The TLS handshake with the client for \(host) failed: \(reason(text)).")
    }

    /// A connection that broke while bytes were being copied.
    static func copying(_ side: Side, _ error: any Error) -> ExchangeError {
        let party: Party = side == .client ? .client : .network
        if let error = error as? NIOSSLError, case .uncleanShutdown = error { return cut(side) }
        let isReset = (error as? IOError).map { $0.errnoCode == ECONNRESET || $0.errnoCode == EPIPE } ?? false
        if isReset || error is PipeHandler.ConnectionBroken {
            return ExchangeError(
                party: party, code: "connection-reset", detail: "The \(side.rawValue) reset the connection.")
        }
        return ExchangeError(
            party: party, code: "connection-failed",
            detail: "The connection to the \(side.rawValue) failed: \(reason(String(describing: error))).")
    }

    /// A stream that ended without the close_notify that tells an end from a cut (RFC 8446 §6.1).
    static func cut(_ side: Side) -> ExchangeError {
        ExchangeError(
            party: side == .client ? .client : .network, code: "missing-close-notify",
            detail: "The \(side.rawValue) closed the TCP connection without ending TLS.")
    }

    static func loop(_ authority: String) -> ExchangeError {
        ExchangeError(
            party: .client, code: "proxy-loop",
            detail: "\(authority) is regtape's own address; it does not proxy to itself.")
    }

    struct ConnectTimedOut: Error {}

    private static func timeout(_ authority: String) -> ExchangeError {
        ExchangeError(
            party: .network, code: "connect-timeout",
            detail: "\(authority) did not answer the attempt to connect in time.")
    }

    static func handshakeTimeout(_ authority: String) -> ExchangeError {
        ExchangeError(
            party: .network, code: "handshake-timeout",
            detail: "\(authority) took the connection and did not finish the TLS handshake in time.")
    }

    static func clientTimeout(_ what: String) -> ExchangeError {
        ExchangeError(party: .client, code: "client-timeout", detail: "The client \(what) in time.")
    }

    /// A server_name that is no host name: nothing is minted or dialled for it (RFC 6066 §3 allows DNS names only).
    static func badServerName(_ name: String) -> ExchangeError {
        ExchangeError(
            party: .client, code: "bad-server-name",
            detail: "The ClientHello asks for a server name of \(name.utf8.count) octets that is no DNS name.")
    }

    private static func other(_ authority: String, _ error: any Error) -> ExchangeError {
        ExchangeError(
            party: .network, code: "connect-failed",
            detail: "\(authority) could not be reached: \(reason(String(describing: error))).")
    }

    /// Library errors quote at length; a sentence needs the gist only.
    private static func reason(_ text: String) -> String {
        String(text.prefix(200))
    }
}
