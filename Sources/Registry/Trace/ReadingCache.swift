import TapeModel

/// What stands in exchange after exchange, read once: a client sends its name and its token with each request, and asks
/// for one manifest many times.
struct ReadingCache: Sendable {
    private var clients = BoundedTable<String, ClientProduct>(limit: 64)
    private var credentials = BoundedTable<String, Credentials>(limit: 64)
    /// The manifests read last, the latest first.
    private var manifests: [ReadManifest] = []
    /// Longer ones are read each time and not kept.
    private static let longest = 8_192
    private static let longestManifest = 64 << 10
    private static let mostManifests = 8

    /// A manifest and everything that it was read from.
    ///
    /// Its octets themselves and not their digest, which a tape that was edited by hand need not have right.
    private struct ReadManifest {
        var content: [UInt8]
        var type: String?
        var coding: String?
        var body: Body
        var manifest: Manifest?
    }

    mutating func manifest(_ content: [UInt8], fields: [FieldLine], body: Body) -> Manifest? {
        var body = body
        body.text = nil
        let (type, coding) = (fields.first("content-type"), fields.first("content-encoding"))
        let known = manifests.first {
            $0.content.count == content.count && $0.body == body && $0.type == type && $0.coding == coding
                && $0.content == content
        }
        if let known { return known.manifest }
        let manifest = Manifest(content, fields: fields, body: body)
        guard content.count <= Self.longestManifest else { return manifest }
        if manifests.count >= Self.mostManifests { manifests.removeLast() }
        manifests.insert(
            ReadManifest(content: content, type: type, coding: coding, body: body, manifest: manifest), at: 0)
        return manifest
    }

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
