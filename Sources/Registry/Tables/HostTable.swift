import TapeModel

/// What each host of a trace is, and how it fared.
struct HostTable: Sendable {
    struct Entry: Sendable {
        var profile: HostProfile
        var exchanges = 0
        var failures = 0
        var connections = 0
        var bytesReceived: Int64 = 0
        var bytesSent: Int64 = 0
        var waits = WaitSample()
        var tls: TLSLeg?
        var certificate: CertificateSummary?
        var packets: PacketCounts?
    }

    /// More hosts than any estate pulls from; a scan of a network is not a trace of a registry.
    private static let limit = 512

    private(set) var entries: [String: Entry] = [:]
    /// In order of first sight.
    private(set) var order: [String] = []
    /// Exchanges of hosts beyond the limit.
    private(set) var omitted = 0

    /// What is known of a host, by its name where the trace has not shown more.
    func profile(_ authority: String, host: String) -> HostProfile {
        entries[authority]?.profile ?? Self.fresh(authority, host: host)
    }

    /// Changes a host's entry; beyond the limit nothing is kept.
    mutating func update(_ authority: String, host: String, _ change: (inout Entry) -> Void) {
        if entries[authority] == nil {
            guard entries.count < Self.limit, authority.utf8.count <= 512 else {
                omitted += 1
                return
            }
            entries[authority] = Entry(profile: Self.fresh(authority, host: host))
            order.append(authority)
        }
        if let index = entries.index(forKey: authority) { change(&entries.values[index]) }
    }

    /// Keeps a role that the traffic shows.
    ///
    /// A registry stays one, whatever else its host does.
    mutating func learn(_ role: HostProfile.Role, of authority: String, host: String, from seq: Int64?) {
        update(authority, host: host) { entry in
            guard Self.rank(role) > Self.rank(entry.profile.role) else { return }
            entry.profile.role = role
            entry.profile.learntFrom = seq
        }
    }

    private static func rank(_ role: HostProfile.Role) -> Int {
        switch role {
        case .other: 0
        case .storage: 1
        case .tokenServer: 2
        case .notary: 3
        case .registry: 4
        }
    }

    private static func fresh(_ authority: String, host: String) -> HostProfile {
        let known = HostNames.known(host)
        return HostProfile(
            authority: authority, role: known?.role ?? .other, product: known?.product ?? .unknown, learntFrom: nil)
    }
}

/// Times to first octet, thinned out evenly when there are many: a median needs hundreds, not all.
struct WaitSample: Sendable {
    private var kept: [Int64] = []
    private var stride = 1
    private var skipped = 0
    private(set) var highest: Int64 = 0

    private static let limit = 512

    mutating func add(_ wait: Int64) {
        highest = max(highest, wait)
        skipped += 1
        guard skipped >= stride else { return }
        skipped = 0
        kept.append(wait)
        guard kept.count >= Self.limit else { return }
        kept = kept.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        stride &*= 2
    }

    var median: Int64 {
        let sorted = kept.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
