import TapeModel

/// Heads of HTTP/1 messages as octets (RFC 9112 §2).
enum HTTP1Head {
    static func request(_ head: RequestHead, fields: [FieldLine]) -> [UInt8] {
        let place = ExportedTarget(head.url)
        let target = head.method == "CONNECT" ? place.authority : place.path
        return octets(
            "\(head.method) \(target) \(head.version.hasPrefix("HTTP/1") ? head.version : "HTTP/1.1")", fields)
    }

    static func response(_ head: ResponseHead, fields: [FieldLine]) -> [UInt8] {
        let version = head.version.hasPrefix("HTTP/1") ? head.version : "HTTP/1.1"
        return octets("\(version) \(head.status) \(head.reason)", fields)
    }

    /// The end of a chunked message (RFC 9112 §7.1).
    static func lastChunk(trailers: [FieldLine]) -> [UInt8] { octets("0", trailers) }

    private static func octets(_ line: String, _ fields: [FieldLine]) -> [UInt8] {
        var octets = harmless(line) + [0x0D, 0x0A]
        for field in fields {
            octets += harmless(field.name) + [0x3A, 0x20] + harmless(field.value) + [0x0D, 0x0A]
        }
        return octets + [0x0D, 0x0A]
    }

    /// A tape may say anything; what would end a line there ends none here.
    static func harmless(_ text: String) -> [UInt8] {
        text.utf8.map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 }
    }
}

/// The parts of a URL that go into a request.
struct ExportedTarget {
    var scheme = "http"
    var authority = ""
    /// With the query; a slash where there is none.
    var path: String

    init(_ url: String) {
        guard let mark = url.firstRange(of: "://") else {
            path = url.isEmpty ? "/" : url
            authority = url
            return
        }
        scheme = String(url[..<mark.lowerBound])
        let rest = url[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        authority = String(rest[..<end])
        let target = rest[end...].prefix { $0 != "#" }
        path = target.hasPrefix("/") ? String(target) : "/" + target
    }
}
