import TapeModel
import Wire

/// Which fields end at a proxy and which go on (RFC 9110 §7.6.1).
enum HopByHop {
    private static let own: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "proxy-authorization", "proxy-authenticate", "te", "upgrade",
        "http2-settings", "transfer-encoding", "trailer",
    ]

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
    static func endToEnd(_ fields: [FieldLine]) throws(MessageRefusal) -> [FieldLine] {
        var listed: Set<String> = []
        for value in fields.values(of: "connection") {
            for name in value.lowercasedASCII.split(separator: ",") {
                listed.insert(String(name.filter { $0 != " " && $0 != "\t" }))
            }
        }
        if let stolen = listed.first(where: untouchable.contains) {
            throw MessageRefusal(code: "bad-connection-field", detail: "Connection must not name \(stolen).")
        }
        return fields.filter { field in
            let name = field.name.lowercasedASCII
            return !own.contains(name) && !listed.contains(name)
        }
    }

    static func trailers(_ fields: [FieldLine]) -> [FieldLine] {
        fields.filter { !neverInTrailers.contains($0.name.lowercasedASCII) }
    }

    /// Whether the sender means to keep the connection (RFC 9112 §9.3).
    static func isPersistent(_ fields: [FieldLine], version: String) -> Bool {
        let options = fields.values(of: "connection").joined(separator: ",").lowercasedASCII
        return version == "HTTP/1.1" ? !options.contains("close") : options.contains("keep-alive")
    }
}
