import Glibc

/// What may stand for a host in a certificate or a dial: a DNS name, or an address.
///
/// A name comes from a peer's ClientHello, so it is checked before anything is minted for it: wildcards, NUL octets
/// and names of 4 KiB are refused (RFC 1035 §2.3.4 allows 255 octets, 63 a label).
public enum HostName {
    public static func isValid(_ host: String) -> Bool {
        addressOctets(of: host) != nil || isName(host)
    }

    /// A DNS name and not an address.
    public static func isName(_ host: String) -> Bool {
        guard addressOctets(of: host) == nil else { return false }
        let octets = host.utf8
        guard (1...253).contains(octets.count) else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(isNameOctet)
        }
    }

    /// The 4 or 16 octets of an address literal; nothing for a name.
    public static func addressOctets(of host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            return withUnsafeBytes(of: &four) { Array($0) }
        }
        var sixteen = in6_addr()
        if inet_pton(AF_INET6, host, &sixteen) == 1 {
            return withUnsafeBytes(of: &sixteen) { Array($0) }
        }
        return nil
    }

    /// Underscores are no host name by the book, yet internal names of clusters have them.
    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
