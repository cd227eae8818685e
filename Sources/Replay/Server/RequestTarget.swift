import Listener
import TapeModel
import Wire

/// What a request is for: a URL of the tape, or the replay itself.
enum RequestTarget: Equatable {
    /// `base` is our own origin as the client wrote it, where URLs in the answer shall lead back to us.
    case tape(url: String, base: String?)
    case status
    case reset
    /// The replay itself, asked for by a name that is not ours: a page whose name was made to point here (DNS
    /// rebinding, RELIABILITY.md U2).
    case stranger

    /// Reads a target as it stands for this door (RFC 9112 §3.2); in HTTP/2 it is the path, with `:authority` as host.
    init(_ target: String, method: String, host: String?, door: Door) throws(MessageRefusal) {
        switch door.kind {
        case .tunnel(let authority):
            let host = try Self.checked(host) ?? authority.text(in: door.scheme)
            self = .tape(url: "\(door.scheme)://\(host)\(try Self.path(target, host, door))", base: nil)
        case .proxy:
            if let own = Self.own(target, method: method, host: host) {
                self = own
                return
            }
            guard let origin = Origin(url: target) else {
                throw MessageRefusal(
                    code: "not-a-proxy-request",
                    detail: "This is the proxy of a replay: set it as HTTPS_PROXY or HTTP_PROXY, or use --listen.")
            }
            guard !origin.hadUser, !origin.rest.contains("#") else {
                throw MessageRefusal(
                    code: "bad-target", detail: "A request target has neither user information nor a fragment.")
            }
            self = .tape(url: origin.place.description + (origin.rest.isEmpty ? "/" : origin.rest), base: nil)
        case .origin:
            let host = try Self.checked(host) ?? "localhost"
            let path = try Self.path(target, host, door)
            if let own = Self.own(path, method: method, host: host) {
                self = own
                return
            }
            self = .tape(url: path, base: "\(door.scheme)://\(host)")
        }
    }

    private static func own(_ path: String, method: String, host: String?) -> RequestTarget? {
        let own: RequestTarget? =
            switch (method, path) {
            case ("GET", "/_regtape/status"), ("HEAD", "/_regtape/status"): .status
            case ("POST", "/_regtape/reset"): .reset
            default: nil
            }
        return own.map { isOurs(host) ? $0 : .stranger }
    }

    /// An address cannot be made to point elsewhere, and `localhost` is nobody's to give away (RFC 6761 §6.3).
    private static func isOurs(_ host: String?) -> Bool {
        guard let host else { return true }
        guard let authority = Authority(host, defaultPort: 80) else { return false }
        return HostName.addressOctets(of: authority.host) != nil || authority.host.equalsIgnoringASCIICase("localhost")
    }

    private static func checked(_ host: String?) throws(MessageRefusal) -> String? {
        guard let host, !host.isEmpty else { return nil }
        guard Authority(host, defaultPort: 80) != nil else {
            throw MessageRefusal(code: "bad-host", detail: "The request does not name a host.")
        }
        return host
    }

    /// A target reduced to origin form; a server takes absolute form too, but only for itself.
    private static func path(_ target: String, _ host: String, _ door: Door) throws(MessageRefusal) -> String {
        if target.hasPrefix("/") { return target }
        if target == "*" { return "/*" }
        guard let origin = Origin(url: target), origin.place == Origin(url: "\(door.scheme)://\(host)")?.place else {
            throw MessageRefusal(code: "misdirected", detail: "This port is a registry and no proxy for other hosts.")
        }
        return origin.rest.isEmpty ? "/" : origin.rest
    }
}

/// Text whose characters stand for octets, as the refusing reader gives it, read as the tape's decoder reads octets.
enum OctetText {
    static func text(_ octetwise: String) -> String {
        guard octetwise.utf8.contains(where: { $0 >= 0x80 }) else { return octetwise }
        let octets = octetwise.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return String(validating: octets, as: UTF8.self) ?? octetwise
    }
}
