package import TapeModel
package import Wire

/// Which fields end at a proxy and which go on (RFC 9110 §7.6.1).
package enum HopByHop {
    private static let own: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "proxy-authorization", "proxy-authenticate", "te", "upgrade",
        "http2-settings", "transfer-encoding", "trailer",
    ]

    /// A switch to HTTP/2 in the middle of a connection would hide everything behind it (h2c smuggling).
    private static let neverUpgradedTo: Set<String> = ["h2c", "h2"]

    /// Fields that no `Connection` may take away: a message without them means something else (CVE-2022-31813).
    private static let untouchable: Set<String> = [
        "content-length", "transfer-encoding", "host", "authorization", "cookie",
    ]

    /// Fields that framing, routing or authentication depend on do not belong in a trailer (RFC 9110 §6.5.1).
    private static let neverInTrailers: Set<String> = [
        "content-length", "transfer-encoding", "host", "authorization", "cookie", "set-cookie", "content-encoding",
        "content-type", "content-range", "location", "www-authenticate", "connection", "te", "trailer",
    ]

    /// The fields that go on.
    ///
    /// Transfer-Encoding is left out; the writer adds it where the framing needs it.
    package static func endToEnd(_ fields: [FieldLine]) throws(MessageRefusal) -> [FieldLine] {
        let listed = options(fields)
        if let stolen = listed.first(where: untouchable.contains) {
            throw MessageRefusal(
                code: "bad-connection-field", detail: "Connection must not name \(stolen).",
                raw: Array("Connection: \(fields.values(of: "connection").joined(separator: ", "))".utf8))
        }
        return fields.filter { field in
            let name = field.name.lowercasedASCII
            return !own.contains(name) && !listed.contains(name)
        }
    }

    /// The protocols that a request offers to switch to, where the offer may go on (RFC 9110 §7.8).
    ///
    /// Of HTTP/1.0 it is to be ignored.
    package static func upgrades(_ fields: [FieldLine], version: String) -> [FieldLine] {
        guard version == "HTTP/1.1", options(fields).contains("upgrade") else { return [] }
        let offers = fields.filter { $0.name.equalsIgnoringASCIICase("upgrade") }
        let names = offers.flatMap { elements($0.value) }
        guard !names.isEmpty, neverUpgradedTo.isDisjoint(with: names) else { return [] }
        return offers
    }

    package static func trailers(_ fields: [FieldLine]) -> [FieldLine] {
        fields.filter { !neverInTrailers.contains($0.name.lowercasedASCII) }
    }

    /// Whether the sender means to keep the connection (RFC 9112 §9.3).
    package static func isPersistent(_ fields: [FieldLine], version: String) -> Bool {
        let options = options(fields)
        return version == "HTTP/1.1" ? !options.contains("close") : options.contains("keep-alive")
    }

    private static func options(_ fields: [FieldLine]) -> [String] {
        fields.values(of: "connection").flatMap(elements)
    }

    /// The elements of a comma-separated list (RFC 9110 §5.6.1), in small letters.
    private static func elements(_ value: String) -> [String] {
        value.lowercasedASCII.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty }
    }
}
