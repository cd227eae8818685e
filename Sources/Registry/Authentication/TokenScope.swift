/// What a token is for: `type[(class)]:name:action[,action]` (distribution, token scope).
///
/// The name may hold colons, when it begins with a host and its port; so it is cut at the first and the last one.
public struct TokenScope: Sendable, Hashable, CustomStringConvertible {
    public var type: String
    public var resourceClass: String?
    public var name: String
    public var actions: [String]

    public init(type: String, resourceClass: String? = nil, name: String, actions: [String]) {
        self.type = type
        self.resourceClass = resourceClass
        self.name = name
        self.actions = actions
    }

    public var description: String {
        "\(type)\(resourceClass.map { "(\($0))" } ?? ""):\(name):\(actions.joined(separator: ","))"
    }
}
