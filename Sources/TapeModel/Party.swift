/// Whose fault something is.
public enum Party: String, Sendable, Hashable, CaseIterable {
    case client
    case proxy
    case network
    case registry
    case tokenServer = "token-server"
    case storage
    case recorder
}
