/// The members of an exchange record, in the order of DESIGN.md §3.
enum ExchangeEncoder {
    static func members(of exchange: Exchange, into writer: inout JSONWriter) {
        writer.member("connection", Int64(exchange.connection))
        writer.member("stream", exchange.stream)
        writer.member("source", exchange.source.rawValue)
        writer.member("started", exchange.started)
        writer.member("timing", exchange.timing)
        writer.name("request")
        request(exchange.request, into: &writer)
        writer.name("interim")
        writer.beginArray()
        for head in exchange.interim {
            writer.beginObject()
            self.head(head, into: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.name("response")
        if let response = exchange.response {
            writer.beginObject()
            head(response.head, into: &writer)
            fields("trailers", response.trailers, into: &writer)
            body(response.body, into: &writer)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.member("error", exchange.error)
    }

    private static func request(_ request: Exchange.Request, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("method", request.head.method)
        writer.member("url", request.head.url)
        writer.member("version", request.head.version)
        fields("fields", request.head.fields, into: &writer)
        body(request.body, into: &writer)
        // Requests with trailers are rare enough to leave the column out.
        if !request.trailers.isEmpty { fields("trailers", request.trailers, into: &writer) }
        writer.endObject()
    }

    private static func head(_ head: ResponseHead, into writer: inout JSONWriter) {
        writer.member("status", Int64(head.status))
        writer.member("reason", head.reason)
        writer.member("version", head.version)
        fields("fields", head.fields, into: &writer)
    }

    private static func fields(_ name: StaticString, _ lines: [FieldLine], into writer: inout JSONWriter) {
        writer.name(name)
        writer.beginArray()
        for line in lines {
            writer.beginArray()
            writer.string(line.name)
            writer.string(line.value)
            writer.endArray()
        }
        writer.endArray()
    }

    private static func body(_ body: Body, into writer: inout JSONWriter) {
        writer.name("body")
        writer.beginObject()
        writer.member("length", body.length)
        if let sha256 = body.sha256 { writer.member("sha256", sha256) }
        if let stored = body.stored { writer.member("stored", stored.rawValue) }
        if let text = body.text { writer.member("text", text) }
        if body.isRedacted {
            writer.name("redacted")
            writer.bool(true)
        }
        if body.isDecoded {
            writer.name("decoded")
            writer.bool(true)
        }
        writer.endObject()
    }
}
