/// One origin: what a connection is opened to, and what a kept one may be used again for (RFC 9110 §4.3.1).
package struct Place: Sendable, Hashable, CustomStringConvertible {
    package let scheme: String
    package let authority: Authority

    package init(scheme: String, authority: Authority) {
        self.scheme = scheme
        self.authority = authority
    }

    /// As it begins a URL: without the port that the scheme implies.
    package var description: String { "\(scheme)://\(authority.text(in: scheme))" }

    /// The value of `Host` for it (RFC 9110 §7.2).
    package var host: String { authority.text(in: scheme) }
}
