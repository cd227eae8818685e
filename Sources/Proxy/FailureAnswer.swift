import TapeModel

/// The words in which regtape itself answers: the error body of the distribution specification, because container
/// clients print its message to the person who waits.
enum FailureAnswer {
    /// A complete HTTP/1.1 response without a body when `isHead`, ready to be written.
    static func response(
        status: Int, reason: String, error: ExchangeError, isHead: Bool, keepAlive: Bool, fields: [FieldLine] = []
    ) -> String {
        let body = json(error)
        var text = "HTTP/1.1 \(status) \(reason)\r\n"
        text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        text += "Docker-Distribution-Api-Version: registry/2.0\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        text += keepAlive ? "\r\n" : "Connection: close\r\n\r\n"
        return isHead ? text : text + body
    }

    /// The status that a failure is told with, and its reason phrase.
    static func status(of error: ExchangeError) -> (code: Int, reason: String) {
        switch (error.party, error.code) {
        case (.client, "head-too-large"), (.client, "too-many-fields"), (.client, "trailers-too-large"):
            (431, "Request Header Fields Too Large")
        case (.client, "proxy-loop"): (403, "Forbidden")
        case (.client, "unknown-place"): (404, "Not Found")
        case (.client, "misdirected"): (421, "Misdirected Request")
        case (.client, "proxy-authentication-required"): (407, "Proxy Authentication Required")
        case (.client, _): (400, "Bad Request")
        default: (502, "Bad Gateway")
        }
    }

    /// As above, with the status that belongs to the failure; the connection ends with it.
    static func response(_ error: ExchangeError, isHead: Bool, fields: [FieldLine] = []) -> String {
        let (code, reason) = status(of: error)
        return response(
            status: code, reason: reason, error: error, isHead: isHead, keepAlive: false, fields: fields)
    }

    static func json(_ error: ExchangeError) -> String {
        let detail = "{\"party\":\(quoted(error.party.rawValue)),\"code\":\(quoted(error.code))}"
        return
            "{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\(quoted("regtape: " + error.detail)),\"detail\":\(detail)}]}\n"
    }

    /// A JSON string (RFC 8259 §7); details can quote what a peer sent.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
