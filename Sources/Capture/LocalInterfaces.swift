import Glibc

/// The network interfaces of this machine, as far as choosing one needs them.
enum LocalInterfaces {
    /// Names that `-i` takes, in order.
    static func names() -> [String] {
        ["any"] + Set(all().map(\.name)).sorted()
    }

    static func isLoopback(_ name: String) -> Bool {
        all().contains { $0.name == name && $0.isLoopback }
    }

    /// Numbers of the loopback interfaces; there is one, but nothing says so.
    static func loopbackIndices() -> [UInt32] {
        Set(all().filter(\.isLoopback).map(\.name)).map { if_nametoindex($0) }.filter { $0 > 0 }.sorted()
    }

    /// One entry for each address, so that names repeat; devices without an address are there too.
    private static func all() -> [(name: String, isLoopback: Bool)] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [(name: String, isLoopback: Bool)] = []
        var next = first
        while let entry = next {
            let isLoopback = entry.pointee.ifa_flags & UInt32(IFF_LOOPBACK) != 0
            if let name = entry.pointee.ifa_name { found.append((String(cString: name), isLoopback)) }
            next = entry.pointee.ifa_next
        }
        return found
    }
}
