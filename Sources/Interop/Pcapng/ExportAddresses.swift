import TapeModel

/// Gives every connection a pair of endpoints of its own: those of the trace where it has them, or made-up ones.
struct ExportAddresses {
    private struct Pair: Hashable {
        var client: Endpoint
        var server: Endpoint
    }

    private(set) var names: [IPAddress: Set<String>] = [:]
    private var used: Set<Pair> = []
    private var clients: Set<IPAddress> = []
    private var hosts: [String: IPAddress] = [:]
    private var made = 0
    private var port = 0

    /// The endpoints of a connection, and the port that the server had, where it is shown on another.
    mutating func endpoints(of planned: ExportPlan.PlannedConnection, losses: inout ExportLosses) -> (
        client: Endpoint, server: Endpoint, movedFrom: UInt16?
    ) {
        let (host, hostPort) = Self.split(planned.host)
        let recorded = planned.connection?.server.flatMap(Self.endpoint)
        var client = planned.connection.flatMap { Self.endpoint($0.client) }
        var isMadeUp = false
        let address: IPAddress
        if let known = recorded?.address ?? IPAddress(host) {
            address = known
        } else {
            isMadeUp = true
            address = self.address(ofHost: host, isVersion6: client?.address.isVersion6 ?? false)
        }
        let port = recorded?.port ?? hostPort ?? Self.http
        let shown = planned.connection?.serverTLS == nil && Self.readAsHTTP.contains(port) ? port : Self.http
        let server = Endpoint(address: address, port: shown)
        if client?.address.isVersion6 != address.isVersion6 {
            isMadeUp = true
            client = Endpoint(
                address: self.address(ofHost: "", isVersion6: address.isVersion6), port: client?.port ?? 0)
        }
        var pair = Pair(client: client ?? Endpoint(address: address, port: 0), server: server)
        makeUnique(&pair)
        clients.insert(pair.client.address)
        if !host.isEmpty, IPAddress(host) == nil { names[address, default: []].insert(host) }
        if isMadeUp { losses.madeUpAddresses += 1 }
        if shown != port { losses.movedPorts += 1 }
        return (pair.client, pair.server, shown == port ? nil : port)
    }

    /// What addresses are called: those that have one name and are not a client's too, at most as many as a person may want.
    var resolution: [(address: IPAddress, name: String)] {
        var all: [(address: IPAddress, name: String)] = []
        for (address, names) in names where names.count == 1 && !clients.contains(address) {
            if let name = names.first { all.append((address, name)) }
        }
        all.sort { $0.name < $1.name }
        return Array(all.prefix(4096))
    }

    /// Ports are used again in life; in one file they would be taken for one connection.
    private mutating func makeUnique(_ pair: inout Pair) {
        if pair.client.port == 0 { pair.client.port = nextPort() }
        var tries = 0
        while !used.insert(pair).inserted {
            pair.client.port = nextPort()
            tries += 1
            guard tries > Self.freePorts else { continue }
            made += 1
            tries = 0
            pair.client.address = .synthetic(made, isVersion6: pair.client.address.isVersion6)
        }
    }

    /// From the range that clients choose from themselves (RFC 6335 §6).
    private mutating func nextPort() -> UInt16 {
        port = (port + 1) % Self.freePorts
        return UInt16(49_152 + port)
    }

    private mutating func address(ofHost host: String, isVersion6: Bool) -> IPAddress {
        let key = (isVersion6 ? "6 " : "4 ") + host
        if let known = hosts[key] { return known }
        made += 1
        let address = IPAddress.synthetic(made, isVersion6: isVersion6)
        hosts[key] = address
        return address
    }

    private static func endpoint(_ text: String) -> Endpoint? {
        let (host, port) = split(text)
        guard let address = IPAddress(host), let port else { return nil }
        return Endpoint(address: address, port: port)
    }

    private static func split(_ text: String) -> (host: String, port: UInt16?) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0,
            text.hasPrefix("[") || !text[..<colon].contains(":")
        else { return (bare(text[...]), nil) }
        return (bare(text[..<colon]), port)
    }

    private static func bare(_ host: Substring) -> String {
        String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host)
    }

    private static let freePorts = 16_384
    private static let http: UInt16 = 80
    /// What Wireshark reads as HTTP unasked, in versions 3 and 4 alike; 5000 is another protocol's to it.
    private static let readAsHTTP: Set<UInt16> = [80, 3128, 8080, 8088]
}
