import Glibc
import Listener
import NIOCore
import Proxy

/// `--listen` and `--proxy`, as typed and as meant.
enum ListenAddress {
    static func parse(
        _ text: String, option: String = "--listen", defaultPort: Int = 8888
    ) throws -> (host: String, port: Int) {
        // Port 0 is no port of an authority, but it is one to bind.
        let wantsAny = text.hasSuffix(":0")
        let parsed = Authority(wantsAny ? String(text.dropLast(2)) + ":1" : text, defaultPort: defaultPort)
        guard let parsed, HostName.addressOctets(of: parsed.host) != nil || parsed.host == "localhost" else {
            throw ExitStatus.Failure(
                ExitStatus.usage, "\(option) \(text) is no address; write for example 127.0.0.1:\(defaultPort)")
        }
        return (parsed.host == "localhost" ? "127.0.0.1" : parsed.host, wantsAny ? 0 : parsed.port)
    }

    /// A proxy that strangers can reach opens the network that it stands in; somebody must have meant that.
    static func check(_ host: String, _ settings: ProxySettings) throws {
        guard isForOthers(host), settings.allowed.isEmpty, settings.credentials == nil else { return }
        throw ExitStatus.Failure(
            ExitStatus.usage,
            "\(host) can be reached from other machines; say who may come with --allow CIDR or --proxy-auth FILE")
    }

    /// A replay that strangers can reach shows them what is on its tape, and takes their pushes.
    static func check(_ host: String, _ allowed: [AddressRange]) throws {
        guard isForOthers(host), allowed.isEmpty else { return }
        throw ExitStatus.Failure(
            ExitStatus.usage, "\(host) can be reached from other machines; say who may come with --allow CIDR")
    }

    /// The networks of `--allow`.
    static func networks(_ texts: [String]) throws -> [AddressRange] {
        try texts.map { text in
            guard let range = AddressRange(text) else {
                throw ExitStatus.Failure(
                    ExitStatus.usage, "--allow \(text) is no network; write an address or a CIDR such as 10.0.75.0/24")
            }
            return range
        }
    }

    private static func isForOthers(_ host: String) -> Bool {
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        return !LocalAddresses.isLoopback(address)
    }
}

/// Whether a name resolves at all, asked once at start so that a typing mistake is heard at once.
enum HostLookup {
    static func exists(_ host: String) -> Bool {
        var list: UnsafeMutablePointer<addrinfo>?
        defer { if let list { freeaddrinfo(list) } }
        return getaddrinfo(host, nil, nil, &list) == 0
    }
}
