import TapeModel

/// A host name, or `*.` and a domain that stands for every name below it.
public struct HostPattern: Sendable, Hashable {
    private let text: String

    public init(_ text: String) throws(ListenerError) {
        let plain = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        guard HostName.isValid(plain) else {
            throw ListenerError(
                .badPattern, "'\(text.prefix(80))' is no host name; write registry.example or *.registry.example")
        }
        self.text = text
    }

    public func matches(_ host: String) -> Bool {
        guard text.hasPrefix("*.") else { return text.equalsIgnoringASCIICase(host) }
        return host.lowercasedASCII.hasSuffix(String(text.dropFirst()).lowercasedASCII)
    }
}
