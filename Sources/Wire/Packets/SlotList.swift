/// An order of slots in which any can be put last, or taken out, in constant time.
struct SlotList: Sendable {
    private struct Link {
        var before: Int32 = -1
        var behind: Int32 = -1
        var isIn = false
    }

    private var links: [Link] = []
    private var head: Int32 = -1
    private var tail: Int32 = -1

    /// The slot that was put in, or moved, the longest ago.
    var first: Int? { head < 0 ? nil : Int(head) }

    func contains(_ slot: Int) -> Bool { slot < links.count && links[slot].isIn }

    mutating func putLast(_ slot: Int) {
        let place = Int32(truncatingIfNeeded: slot)
        guard place != tail else { return }
        remove(slot)
        while links.count <= slot { links.append(Link()) }
        links[slot] = Link(before: tail, behind: -1, isIn: true)
        if tail >= 0 { links[Int(tail)].behind = place } else { head = place }
        tail = place
    }

    mutating func remove(_ slot: Int) {
        guard slot < links.count, links[slot].isIn else { return }
        let link = links[slot]
        if link.before >= 0 { links[Int(link.before)].behind = link.behind } else { head = link.behind }
        if link.behind >= 0 { links[Int(link.behind)].before = link.before } else { tail = link.before }
        links[slot] = Link()
    }
}
