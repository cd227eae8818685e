public import TapeModel

/// Packets that passed and were not captured.
public struct PacketLoss: Sendable, Hashable {
    /// Packets for which the kernel's buffer had no room.
    public var byKernel: Int64
    /// Packets that the network device or its driver lost.
    public var byDevice: Int64
    /// When it was noticed: within a second of when it happened.
    public var noticed: Instant

    public init(byKernel: Int64, byDevice: Int64, noticed: Instant) {
        self.byKernel = byKernel
        self.byDevice = byDevice
        self.noticed = noticed
    }

    public var packets: Int64 {
        let (sum, overflow) = byKernel.addingReportingOverflow(byDevice)
        return overflow ? .max : sum
    }
}

/// What the kernel has counted since a device was opened, made of counters of 32 bits that wrap.
package struct PacketCounters: Sendable {
    package private(set) var seen: Int64 = 0
    package private(set) var byKernel: Int64 = 0
    package private(set) var byDevice: Int64 = 0
    private var last: (seen: UInt32, byKernel: UInt32, byDevice: UInt32) = (0, 0, 0)

    package init() {}

    /// Takes the counters as they stand now; gives what was lost since they were last taken.
    package mutating func take(seen: UInt32, byKernel: UInt32, byDevice: UInt32, at now: Instant) -> PacketLoss? {
        let loss = PacketLoss(
            byKernel: Self.growth(from: last.byKernel, to: byKernel),
            byDevice: Self.growth(from: last.byDevice, to: byDevice), noticed: now)
        self.seen += Self.growth(from: last.seen, to: seen)
        self.byKernel += loss.byKernel
        self.byDevice += loss.byDevice
        last = (seen, byKernel, byDevice)
        return loss.packets > 0 ? loss : nil
    }

    /// A counter that went back is one that began anew with its device; nothing can be said of it.
    private static func growth(from earlier: UInt32, to later: UInt32) -> Int64 {
        Int64(max(0, Int32(bitPattern: later &- earlier)))
    }
}
