import TapeModel

/// Fields that stand in request after request, read once: a client sends its name and its token with each.
struct ReadingCache: Sendable {
    private var clients = BoundedTable<String, ClientProduct>(limit: 64)
    private var credentials = BoundedTable<String, Credentials>(limit: 64)
    /// Longer ones are read each time and not kept.
    private static let longest = 8_192

    mutating func client(_ userAgent: String) -> ClientProduct? {
        guard userAgent.utf8.count <= Self.longest else { return ClientProduct(userAgent: userAgent) }
        if let known = clients[userAgent] { return known }
        let client = ClientProduct(userAgent: userAgent)
        clients[userAgent] = client
        return client
    }

    mutating func credentials(_ field: String) -> Credentials? {
        guard field.utf8.count <= Self.longest else { return Credentials(field: field) }
        if let known = credentials[field] { return known }
        let read = Credentials(field: field)
        credentials[field] = read
        return read
    }
}
