import TapeModel

/// The flows of a capture by their ends, and in the order in which they were heard of last.
struct FlowTable: Sendable {
    private var slots: [FlowKey: Int] = [:]
    /// Whoever changes one settles it after that.
    var flows: [Flow] = []
    private var free: [Int] = []
    private var ended = SlotList()
    private var halfOpen = SlotList()
    private var open = SlotList()
    /// Flows that hold octets, in the order in which their holes opened.
    private var holders = SlotList()
    /// The flow of the last segment: most often the next is of the same.
    private var last: (key: FlowKey, slot: Int)?

    var count: Int { slots.count }

    mutating func slot(of key: FlowKey) -> Int? {
        if let last, last.key == key { return last.slot }
        guard let slot = slots[key] else { return nil }
        last = (key, slot)
        return slot
    }

    mutating func insert(_ flow: Flow) -> Int {
        let slot: Int
        if let unused = free.popLast() {
            slot = unused
            flows[slot] = flow
        } else {
            slot = flows.count
            flows.append(flow)
        }
        slots[flow.key] = slot
        return slot
    }

    mutating func remove(_ slot: Int) {
        slots[flows[slot].key] = nil
        last = nil
        ended.remove(slot)
        halfOpen.remove(slot)
        open.remove(slot)
        holders.remove(slot)
        free.append(slot)
    }

    /// Puts a flow that has changed where it belongs.
    mutating func settle(_ slot: Int) {
        let isHolding = flows[slot].heldCost > 0
        if !isHolding { holders.remove(slot) } else if !holders.contains(slot) { holders.putLast(slot) }
        switch flows[slot].phase {
        case .open:
            halfOpen.remove(slot)
            open.putLast(slot)
        case .halfOpen, .answered:
            // A flood of SYNs that a server answers must not push out what is at work.
            halfOpen.putLast(slot)
        case .closed:
            halfOpen.remove(slot)
            open.remove(slot)
            ended.putLast(slot)
        }
    }

    /// The flow whose place is given to another first.
    var leastNeeded: Int? { ended.first ?? halfOpen.first ?? open.first }

    /// The flow whose hole has been open the longest.
    var oldestHolder: Int? { holders.first }

    /// A flow that has been silent for longer than its state allows.
    func expired(at now: Instant, _ limits: ReassemblyLimits) -> Int? {
        for (slot, patience) in [
            (ended.first, limits.ended), (halfOpen.first, limits.halfOpen), (open.first, limits.idle),
        ] {
            if let slot, now.microseconds(since: flows[slot].lastSeen) > patience { return slot }
        }
        return nil
    }

    /// All flows, in the order in which they began.
    var all: [Int] { slots.values.sorted { flows[$0].id < flows[$1].id } }
}
