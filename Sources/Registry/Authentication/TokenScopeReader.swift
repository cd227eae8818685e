extension TokenScope {
    /// Reads one scope; nothing where it has no two colons, as scopes of other protocols.
    public init?(_ text: some StringProtocol) {
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last else { return nil }
        var type = text[..<first]
        var resourceClass: String?
        if type.last == ")", let open = type.firstIndex(of: "(") {
            resourceClass = String(type[type.index(after: open)...].dropLast())
            type = type[..<open]
        }
        let actions = String(text[text.index(after: last)...]).split(separator: ",").prefix(Self.mostActions)
        self.init(
            type: String(type), resourceClass: resourceClass, name: String(text[text.index(after: first)..<last]),
            actions: actions.map(String.init))
    }

    /// Reads scopes separated by blanks.
    public static func list(_ text: String) -> [TokenScope] {
        guard text.utf8.count <= longestList else { return [] }
        return text.split(separator: " ").prefix(mostScopes).compactMap { TokenScope($0) }
    }

    /// There are not ten actions in any registry.
    private static let mostActions = 32
    private static let mostScopes = 256
    /// A header section ends at about this length everywhere.
    private static let longestList = 65_536
}
