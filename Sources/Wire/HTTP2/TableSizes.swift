import TapeModel

/// When a table size in one side's SETTINGS binds the other side's header compression (RFC 7541 §4.2, RFC 9113 §6.5.3).
///
/// Between a setting and its acknowledgement the other side may still use the old size: until then the larger of both
/// is allowed, and only afterwards the new one alone.
struct TableSizes: Sendable {
    /// A peer that never acknowledges is followed no further than this.
    private static let mostPending = 64
    static let initial = 4_096
    /// The receiver of the blocks is a peer as well, so what it allows is bounded.
    private static let largest = 1 << 20

    private var current = initial
    private var pending: [Int] = []

    /// The size that the other side's blocks may use from now on.
    var allowed: Int { max(current, pending.max() ?? 0) }

    /// A SETTINGS frame, with a table size or without.
    mutating func announced(_ size: Int?) {
        let size = min(size ?? pending.last ?? current, Self.largest)
        if pending.count == Self.mostPending {
            let last = pending.removeLast()
            pending[0] = max(pending[0], last)
        }
        pending.append(size)
    }

    /// The other side has taken the oldest setting over.
    mutating func acknowledged() {
        guard !pending.isEmpty else { return }
        current = pending.removeFirst()
    }
}
