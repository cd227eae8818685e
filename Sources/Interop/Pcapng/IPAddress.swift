/// An IP address, version 4 or 6, as its octets.
struct IPAddress: Hashable, Sendable {
    /// Four or sixteen.
    let octets: [UInt8]

    var isVersion6: Bool { octets.count == 16 }

    /// `198.18.0.0/15`, kept free for measurements between networks (RFC 2544), so that a made-up address is nobody's.
    static func synthetic(_ number: Int, isVersion6: Bool) -> IPAddress {
        let value = UInt32(truncatingIfNeeded: number)
        if isVersion6 {
            // 2001:db8::/32, kept free for documentation (RFC 3849).
            var octets: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 8)
            octets.append(big: value)
            return IPAddress(unchecked: octets)
        }
        var octets: [UInt8] = []
        octets.append(big: (UInt32(198) << 24 | UInt32(18) << 16) + value & 0x1_FFFF)
        return IPAddress(unchecked: octets)
    }

    private init(unchecked octets: [UInt8]) {
        self.octets = octets
    }

    /// Reads dotted or colon-separated text (RFC 4291 §2.2), without brackets, port or zone.
    init?(_ text: String) {
        if let four = Self.version4(text[...]) {
            octets = four
            return
        }
        guard text.contains(":"), text.utf8.count <= 45 else { return nil }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = Self.groups(halves[0], isLast: halves.count == 1) else { return nil }
        if halves.count == 1 {
            guard head.count == 16 else { return nil }
            octets = head
        } else {
            guard let tail = Self.groups(halves[1], isLast: true), head.count + tail.count <= 14 else { return nil }
            octets = head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        }
    }

    private static func version4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let octets = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8($0) : nil }
        return octets.count == 4 ? octets : nil
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var octets: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, let four = version4(part) {
                octets += four
            } else if (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16), part.first != "+" {
                octets.append(big: group)
            } else {
                return nil
            }
        }
        return octets.count <= 16 ? octets : nil
    }
}

/// An address and a port.
struct Endpoint: Hashable, Sendable {
    var address: IPAddress
    var port: UInt16
}
