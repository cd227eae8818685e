/// What the streams of all flows share: limits, memory in use, and the octets told last.
struct StreamShare: Sendable {
    let limits: ReassemblyLimits
    var history: OctetHistory
    /// Memory for octets that came before their turn, of all streams.
    var held = 0

    init(limits: ReassemblyLimits) {
        self.limits = limits
        history = OctetHistory(capacity: limits.history)
    }
}
