import TapeModel

/// The connections of a transcript: noted ones, and those that a request implies.
struct TranscriptConnections {
    struct Known {
        var connection: Connection
        var host: String
        var port: Int
        var isSecure: Bool
        /// Noted, and not merely implied by a request.
        var isNoted: Bool
        var isWritten = false

        var scheme: String { isSecure || port == 443 ? "https" : "http" }
        var authority: String { TranscriptConnections.authority(host, port, scheme: scheme) }
    }

    private var known: [ConnectionID: Known] = [:]
    private var byNumber: [Int: ConnectionID] = [:]
    private var byOrigin: [String: ConnectionID] = [:]
    private var highest = 0
    private(set) var current: ConnectionID?

    subscript(id: ConnectionID) -> Known? { known[id] }

    /// A new connection becomes the current one.
    mutating func open(
        host: String, address: String?, port: Int, number: Int?, at instant: Instant, id: ConnectionID? = nil
    ) {
        let id = id ?? highest + 1
        highest = max(highest, id)
        let server = address.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" }
        known[id] = Known(
            connection: Connection(
                id: id, source: .imported, mode: .passive, started: instant, client: "",
                authority: "\(host.contains(":") ? "[\(host)]" : host):\(port)", server: server),
            host: host, port: port, isSecure: false, isNoted: address != nil)
        if let number { byNumber[number] = id }
        current = id
    }

    /// The connection that curl takes up again; unknown ones change nothing.
    mutating func reuse(number: Int?, host: String?) {
        if let id = number.flatMap({ byNumber[$0] }), known[id].map({ host == nil || $0.host == host }) ?? false {
            current = id
        } else if let host {
            current = known.filter { $0.value.host == host }.keys.max() ?? current
        }
    }

    /// A tunnel through the current connection: from here on it is one to that host.
    mutating func tunnel(to authority: String) {
        guard let current, let (host, port) = Self.split(authority) else { return }
        known[current]?.host = host
        known[current]?.port = port
        known[current]?.connection.authority = "\(host):\(port)"
    }

    mutating func change(_ change: (inout Connection) -> Void) {
        guard let current else { return }
        if var connection = known[current]?.connection {
            change(&connection)
            known[current]?.connection = connection
        }
    }

    /// TLS was noted for the current connection.
    mutating func secure(_ change: (inout TLSLeg) -> Void) {
        guard let current, var state = known[current] else { return }
        var leg = state.connection.serverTLS ?? TLSLeg(sni: state.host)
        change(&leg)
        state.connection.serverTLS = leg
        state.connection.clientTLS = leg
        state.isSecure = true
        known[current] = state
    }

    /// The connection that carries a request, opened where there is none, and the target in absolute form.
    mutating func carrier(target: String, host: String?, id: ConnectionID?, at instant: Instant) -> (
        ConnectionID, String
    ) {
        let absolute = Self.origin(of: target)
        if let id, let absolute {
            if known[id] == nil {
                open(host: absolute.host, address: nil, port: absolute.port, number: nil, at: instant, id: id)
            }
            imply(absolute.scheme, id)
            return (id, target)
        }
        if let absolute { return (implied(absolute, at: instant), target) }
        let state = current.flatMap { known[$0] }
        if let current, let state, state.isNoted, !isElsewhere(host, than: state) {
            return (current, "\(state.scheme)://\(host ?? state.authority)\(target)")
        }
        let named = host ?? state?.authority ?? "unknown.invalid"
        let place = Self.split(named)
        let scheme = place.map { $0.port == 80 ? "http" : "https" } ?? "https"
        let origin = (scheme: scheme, host: place?.host ?? named, port: place?.port ?? 443)
        return (implied(origin, at: instant), "\(scheme)://\(named)\(target)")
    }

    /// The record of a connection, the first time that it is asked for.
    mutating func record(of id: ConnectionID) -> TapeRecord? {
        guard let state = known[id], !state.isWritten else { return nil }
        known[id]?.isWritten = true
        return .connection(state.connection)
    }

    /// The current connection, where it carried nothing yet: what then fails is the connection itself.
    var unused: Known? { current.flatMap { known[$0] }.flatMap { $0.isWritten ? nil : $0 } }

    /// A transcript often leaves out that another host was connected to; an address instead of a name says nothing.
    private func isElsewhere(_ host: String?, than state: Known) -> Bool {
        guard let host, let place = Self.split(host) ?? Optional((host: host, port: state.port)) else { return false }
        let isAddress = state.host.allSatisfy { $0.isNumber || $0 == "." } || state.host.contains(":")
        return !isAddress && state.host != "localhost" && !place.host.equalsIgnoringASCIICase(state.host)
    }

    private mutating func implied(_ origin: (scheme: String, host: String, port: Int), at instant: Instant)
        -> ConnectionID
    {
        if let current, let state = known[current], state.isNoted, state.host.equalsIgnoringASCIICase(origin.host),
            state.port == origin.port
        {
            return current
        }
        let key = "\(origin.scheme)://\(origin.host.lowercasedASCII):\(origin.port)"
        if let id = byOrigin[key] {
            current = id
            return id
        }
        open(host: origin.host, address: nil, port: origin.port, number: nil, at: instant)
        imply(origin.scheme, highest)
        byOrigin[key] = highest
        return highest
    }

    private mutating func imply(_ scheme: String, _ id: ConnectionID) {
        guard scheme == "https", known[id]?.connection.serverTLS == nil else { return }
        known[id]?.isSecure = true
    }

    static func authority(_ host: String, _ port: Int, scheme: String) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "https" ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// `HOST:PORT`; nothing where there is no port.
    static func split(_ authority: String) -> (host: String, port: Int)? {
        guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        let host = authority[..<colon]
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host
        return (String(bare), port)
    }

    private static func origin(of target: String) -> (scheme: String, host: String, port: Int)? {
        guard let mark = target.firstRange(of: "://") else { return nil }
        let scheme = String(target[..<mark.lowerBound]).lowercasedASCII
        guard scheme == "http" || scheme == "https" else { return nil }
        let authority = String(target[mark.upperBound...].prefix { !"/?#".contains($0) })
        let place = split(authority) ?? (authority, scheme == "https" ? 443 : 80)
        return (scheme, place.host, place.port)
    }
}
