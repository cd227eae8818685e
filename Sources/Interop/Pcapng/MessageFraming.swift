import TapeModel

/// How a message says where its content ends, made to agree with the content that is sent (RFC 9112 §6).
struct MessageFraming {
    private(set) var fields: [FieldLine]
    private(set) var framing = OutgoingMessage.Framing.identity
    private(set) var notes: [String] = []
    private(set) var isChanged = false
    private(set) var endsWithConnection = false
    private let isBroken: Bool

    /// Of a message of HTTP/1; what broke off keeps what it promised.
    init(_ fields: [FieldLine], _ body: ExportedBody, isBroken: Bool, isRequest: Bool, isLast: Bool) {
        self.fields = fields
        self.isBroken = isBroken
        nameStoredForm(body)
        if let index = self.fields.firstIndex(where: Self.isChunked) {
            framing = .chunked
            if self.fields[index].value.lowercasedASCII != "chunked" {
                change("Transfer-Encoding was: \(self.fields[index].value)")
                self.fields[index].value = "chunked"
            }
        } else if self.fields.first("content-length") != nil {
            if !isBroken { setLength(body.count) }
        } else if isRequest {
            if body.count > 0 { addLength(body.count) }
        } else if isLast {
            endsWithConnection = true
        } else {
            addLength(body.count)
        }
    }

    /// Of a message of HTTP/2, which has frames; a length is only kept honest.
    init(frames fields: [FieldLine], _ body: ExportedBody, isBroken: Bool) {
        self.fields = fields
        self.isBroken = isBroken
        nameStoredForm(body)
        if !isBroken, self.fields.first("content-length") != nil { setLength(body.count) }
    }

    /// What ends the content, where it was not broken off.
    func tail(_ trailers: [FieldLine]) -> [UInt8] {
        framing == .chunked && !isBroken ? HTTP1Head.lastChunk(trailers: trailers) : []
    }

    private static func isChunked(_ field: FieldLine) -> Bool {
        field.name.equalsIgnoringASCIICase("transfer-encoding") && field.value.lowercasedASCII.contains("chunked")
    }

    /// Content that was stored after decoding must not be decoded once more.
    private mutating func nameStoredForm(_ body: ExportedBody) {
        guard body.isDecoded else { return }
        for index in fields.indices where fields[index].name.equalsIgnoringASCIICase("content-encoding") {
            fields[index].name = "X-Regtape-Content-Encoding"
            change("Content-Encoding is called X-Regtape-Content-Encoding")
        }
    }

    private mutating func setLength(_ count: Int64) {
        for index in fields.indices where fields[index].name.equalsIgnoringASCIICase("content-length") {
            guard Int64(fields[index].value) != count else { continue }
            change("Content-Length was \(fields[index].value)")
            fields[index].value = String(count)
        }
    }

    private mutating func addLength(_ count: Int64) {
        fields.append(FieldLine("Content-Length", String(count)))
        change("Content-Length was added")
    }

    private mutating func change(_ note: String) {
        isChanged = true
        notes.append(note)
    }
}
