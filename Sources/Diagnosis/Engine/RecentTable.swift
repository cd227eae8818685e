/// A table that remembers what was put into it lately: at least the last `limit` keys, at most twice as many.
///
/// Two tables take turns. When the younger is full it becomes the older one, and what was the older is forgotten; so
/// nothing is ever searched for what to let go.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limit: Int
    private var younger: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    subscript(key: Key) -> Value? { younger[key] ?? older[key] }

    mutating func set(_ value: Value, for key: Key) {
        younger[key] = value
        guard younger.count >= limit else { return }
        older = younger
        younger = [:]
    }
}
