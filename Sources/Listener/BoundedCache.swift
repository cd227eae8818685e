/// A dictionary that forgets its oldest entries, for things that a peer can make us keep.
struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Key: Value] = [:]
    private var order: [Key] = []

    init(limit: Int) {
        self.limit = limit
    }

    subscript(key: Key) -> Value? { values[key] }

    mutating func insert(_ value: Value, for key: Key) {
        if values.updateValue(value, forKey: key) == nil { order.append(key) }
        guard values.count > limit else { return }
        // A quarter at a time, so that a flood of new keys does not shift the array at every insertion.
        let forgotten = order.prefix(max(1, limit / 4))
        for old in forgotten { values[old] = nil }
        order.removeFirst(forgotten.count)
    }
}
