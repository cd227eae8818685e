/// A table of the recent past: what was put in first goes out first when it is full.
///
/// A trace may be of any length and made by anybody, so everything that is remembered of it is remembered in one of these.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var value: Value
        var generation: Int
    }

    let limit: Int
    private var slots: [Key: Slot] = [:]
    private var order: [(key: Key, generation: Int)] = []
    private var oldest = 0
    private var generation = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { slots.count }
    var values: some Collection<Value> { slots.values.lazy.map(\.value) }

    /// Setting a key that is there changes its value and leaves its place in the order.
    subscript(key: Key) -> Value? {
        get { slots[key]?.value }
        set {
            guard let newValue else {
                slots[key] = nil
                return
            }
            if slots[key] != nil {
                slots[key]?.value = newValue
            } else {
                insert(newValue, for: key)
            }
        }
    }

    /// Changes a value in place, so that what it holds is not copied; nothing happens where the key is not there.
    mutating func update<Result>(_ key: Key, _ change: (inout Value) -> Result) -> Result? {
        guard let index = slots.index(forKey: key) else { return nil }
        return change(&slots.values[index].value)
    }

    private mutating func insert(_ value: Value, for key: Key) {
        generation &+= 1
        slots[key] = Slot(value: value, generation: generation)
        order.append((key, generation))
        while slots.count > limit, oldest < order.count { evict() }
        // Entries that were taken out by hand leave their places behind.
        if oldest > limit || order.count > 4 * limit + 64 { compact() }
    }

    private mutating func evict() {
        let (key, generation) = order[oldest]
        oldest += 1
        if slots[key]?.generation == generation { slots[key] = nil }
    }

    private mutating func compact() {
        order = order[oldest...].filter { slots[$0.key]?.generation == $0.generation }
        oldest = 0
    }
}
