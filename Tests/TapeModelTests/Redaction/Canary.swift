import TapeModel
import Testing

/// What the canary tests share: a redactor, messages, and the look for what must not be there.
enum Canary {
    static func redactor() -> Redactor {
        Redactor { secret in String(secret.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }, radix: 16) }
    }

    static func request(
        _ url: String = "https://r.test/v2/", method: String = "GET", _ fields: [FieldLine] = []
    ) -> RequestHead {
        RequestHead(method: method, url: url, version: "HTTP/1.1", fields: fields)
    }

    static func response(_ status: Int, _ type: String? = nil, _ fields: [FieldLine] = []) -> ResponseHead {
        let types = type.map { [FieldLine("Content-Type", $0)] } ?? []
        return ResponseHead(status: status, reason: "", version: "HTTP/1.1", fields: types + fields)
    }

    static func expectClean(_ text: String, _ place: String) {
        #expect(!text.lowercased().contains("canary"), "\(place): \(text)")
        #expect(!text.contains("Y2FuYXJ5"), "\(place): \(text)")
    }

    /// What is kept of a body that an error answer brought.
    static func kept(_ content: String, _ type: String?, _ redactor: inout Redactor) -> String? {
        redactor.redact(body: Array(content.utf8), of: .server, request: request(), response: response(400, type)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
