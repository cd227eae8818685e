package import TapeModel

/// The head of a reply in the form in which it is safe to send: framed anew, free of what belonged to the recorded
/// connection, and of octets that would end a line early (RELIABILITY.md S9, S12, S16).
package struct ReplyHead: Sendable, Equatable {
    package let status: Int
    /// Without any field of the framing.
    package let fields: [FieldLine]
    /// The value of Content-Length; nothing where the answer must not have one.
    package let contentLength: Int64?
    /// Whether content follows.
    package let hasContent: Bool

    package init(_ reply: Reply, toMethod method: String) {
        // Only a final status ends a request; anything else on a tape is damage.
        let status = (200...599).contains(reply.status) ? reply.status : 502
        self.status = status
        let listed = Set(
            reply.fields.values(of: "connection").flatMap { value in
                value.lowercasedASCII.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
            })
        var kept: [FieldLine] = []
        for field in reply.fields {
            let name = field.name.lowercasedASCII
            guard !Self.ofTheConnection.contains(name), !listed.contains(name), FieldSyntax.isToken(name),
                FieldSyntax.isValue(field.value)
            else { continue }
            kept.append(field)
        }
        fields = kept
        let length = reply.announcedLength ?? reply.length
        switch status {
        // RFC 9110 §8.6, §15.3.6: the one has no content and no length, the other no content and a length of zero.
        case 204: (contentLength, hasContent) = (nil, false)
        case 205: (contentLength, hasContent) = (0, false)
        case 304: (contentLength, hasContent) = (nil, false)
        default:
            if method == "HEAD" {
                contentLength = length > 0 ? length : reply.fields.first("content-length").flatMap(Self.length)
                hasContent = false
            } else {
                contentLength = max(0, length)
                hasContent = length > 0
            }
        }
    }

    /// Fields that speak of the connection on which the answer was recorded, not of the answer.
    private static let ofTheConnection: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
        "http2-settings", "content-length", "proxy-authenticate", "proxy-authorization", "alt-svc",
    ]

    private static func length(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

extension ReplyHead {
    /// The head in HTTP/1.1 (RFC 9112 §4).
    func text(closes: Bool, isOldClient: Bool) -> String {
        var text = "HTTP/1.1 \(status) \(Self.phrase(status))\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if let contentLength { text += "Content-Length: \(contentLength)\r\n" }
        if closes { text += "Connection: close\r\n" } else if isOldClient { text += "Connection: keep-alive\r\n" }
        return text + "\r\n"
    }

    /// The phrases that people look for in a trace; the rest may go without (RFC 9112 §4).
    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        default: ""
        }
    }
}
