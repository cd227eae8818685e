package import TapeModel

// For tests and for those who make a trace by hand: an exchange of which nothing is known but what it is.

extension DecodedExchange {
    package init(_ exchange: Exchange, url: TargetURL, operation: Operation, host: HostProfile) {
        self.init(exchange: exchange, url: url, operation: operation, host: host, challenges: [], anomalies: [])
    }
}

extension HostProfile {
    package init(_ authority: String, role: Role, product: Product = .unknown) {
        self.init(authority: authority, role: role, product: product, learntFrom: nil)
    }
}

extension DecodedConnection {
    package init(_ connection: Connection, seq: Int64, host: HostProfile) {
        self.init(seq: seq, connection: connection, end: nil, host: host, exchanges: 0)
    }
}

extension Challenge {
    package init(bearerRealm realm: String) {
        self.init(scheme: "Bearer", realm: realm, scopes: [], parameters: [])
    }
}

extension Credentials {
    package init(bearer identity: String) { self.init(scheme: "Bearer", identity: identity) }
}

extension RegistryError {
    package init(code: String, message: String) { self.init(code: code, message: message, detail: nil) }
}

extension ChallengeSource {
    package init(seq: Int64, ended: Instant) { self.init(seq: seq, challenges: [], ended: ended) }
}
