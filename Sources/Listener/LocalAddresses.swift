public import NIOCore
import NIOPosix

/// Which addresses are this machine's, and which lie within a network that was allowed.
public enum LocalAddresses {
    /// Loopback, the unspecified address, or an address of one of our interfaces.
    public static func contains(_ address: SocketAddress) -> Bool {
        guard let octets = octets(of: address) else { return false }
        if isLoopback(octets) || octets.allSatisfy({ $0 == 0 }) { return true }
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.contains { device in
            device.address.flatMap(Self.octets) == octets
        }
    }

    public static func isLoopback(_ address: SocketAddress) -> Bool {
        octets(of: address).map(isLoopback) ?? false
    }

    /// Four octets for IPv4, also where it is mapped into IPv6 (RFC 4291 §2.5.5.2); sixteen for IPv6.
    public static func octets(of address: SocketAddress) -> [UInt8]? {
        guard let octets = address.ipAddress.flatMap(HostName.addressOctets) else { return nil }
        let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return octets.count == 16 && octets.starts(with: mappedPrefix) ? Array(octets.suffix(4)) : octets
    }

    private static func isLoopback(_ octets: [UInt8]) -> Bool {
        octets.count == 4 ? octets.first == 127 : octets.last == 1 && octets.dropLast().allSatisfy { $0 == 0 }
    }
}

/// A network in CIDR notation (RFC 4632), such as `10.0.75.0/24` or `fd00::/8`; a bare address means that address.
public struct AddressRange: Sendable, Hashable {
    private let prefix: [UInt8]
    private let bits: Int

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let octets = HostName.addressOctets(of: String(first)) else {
            return nil
        }
        let width = octets.count * 8
        let bits = parts.count == 2 ? Int(parts[1]) : width
        guard let bits, (0...width).contains(bits) else { return nil }
        prefix = octets
        self.bits = bits
    }

    public func contains(_ address: SocketAddress) -> Bool {
        guard let octets = LocalAddresses.octets(of: address), octets.count == prefix.count else { return false }
        return zip(octets, prefix).enumerated().allSatisfy { index, pair in
            let remaining = bits - index * 8
            guard remaining > 0 else { return true }
            let mask: UInt8 = remaining >= 8 ? 0xFF : ~(0xFF >> UInt8(remaining))
            return (pair.0 ^ pair.1) & mask == 0
        }
    }
}
