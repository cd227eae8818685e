/// Writes records as open JSON objects: everything but the sum and the closing brace.
///
/// It writes octets directly, never a `JSONValue`: this runs for every exchange while traffic waits in a queue.
enum RecordEncoder {
    static func encode(_ record: TapeRecord, seq: Int64) -> [UInt8] {
        if case .unknown(_, let value) = record { return reopened(value) }
        var writer = JSONWriter(capacity: capacity(for: record))
        writer.beginObject()
        writer.member("record", record.kind)
        writer.member("seq", seq)
        switch record {
        case .tape(let header): members(of: header, into: &writer)
        case .connection(let connection): ConnectionEncoder.members(of: connection, into: &writer)
        case .connectionEnd(let end): ConnectionEncoder.members(of: end, into: &writer)
        case .exchange(let exchange): ExchangeEncoder.members(of: exchange, into: &writer)
        case .anomaly(let anomaly): members(of: anomaly, into: &writer)
        case .gap(let gap):
            writer.member("seen", gap.seen)
            writer.member("reason", gap.reason)
        case .end(let end):
            writer.member("ended", end.ended)
            writer.member("reason", end.reason)
        case .unknown: break
        }
        return writer.bytes
    }

    /// Octets that a line will hardly go beyond: an array that grows step by step is copied at each step.
    private static func capacity(for record: TapeRecord) -> Int {
        guard case .exchange(let exchange) = record else { return 1_024 }
        let text = (exchange.request.body.text?.utf8.count ?? 0) + (exchange.response?.body.text?.utf8.count ?? 0)
        // Text of registries is JSON, and its quotes are escaped.
        return 2_048 + text + text / 4
    }

    private static func members(of header: TapeHeader, into writer: inout JSONWriter) {
        writer.member("version", Int64(header.version))
        writer.member("id", header.id)
        writer.member("created", header.created)
        writer.member("tool", header.tool)
        writer.name("redaction")
        writer.beginObject()
        writer.member("policy", header.redactionPolicy)
        writer.member("key", header.redactionKey)
        writer.endObject()
    }

    private static func members(of anomaly: Anomaly, into writer: inout JSONWriter) {
        writer.member("connection", Int64(anomaly.connection))
        writer.member("exchange", anomaly.exchange)
        writer.member("side", anomaly.side.rawValue)
        writer.member("seen", anomaly.seen)
        writer.member("code", anomaly.code)
        writer.member("detail", anomaly.detail)
        writer.member("raw", Hexadecimal.encode(anomaly.raw))
    }

    /// A record of a kind that this version does not know, without the sum it was read with.
    private static func reopened(_ value: JSONValue) -> [UInt8] {
        var bytes = JSONValue.object((value.members ?? []).filter { $0.name != "sum" }).serialized
        bytes.removeLast()
        return bytes
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int64) {
        self.name(name)
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Instant) {
        self.name(name)
        string(value.timestamp)
    }

    /// Writes `null` for nothing, so that every record of a kind has the same columns.
    mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    mutating func member(_ name: StaticString, _ value: Int?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }

    mutating func member(_ name: StaticString, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    mutating func member(_ name: StaticString, _ error: ExchangeError?) {
        self.name(name)
        guard let error else { return null() }
        beginObject()
        member("party", error.party.rawValue)
        member("code", error.code)
        member("detail", error.detail)
        endObject()
    }

    mutating func member(_ name: StaticString, _ timing: Timing) {
        self.name(name)
        beginObject()
        member("dns", timing.dns)
        member("connect", timing.connect)
        member("tls", timing.tls)
        member("send", timing.send)
        member("wait", timing.wait)
        member("receive", timing.receive)
        endObject()
    }
}
