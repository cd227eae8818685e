import TapeModel

/// A decoded header block: pseudo-header fields apart from the others, and what is odd about it (RFC 9113 §8).
///
/// Nothing is refused: a malformed message is an error of its stream alone, and what was sent is worth knowing.
struct HeaderList {
    private(set) var fields: [FieldLine] = []
    private(set) var oddities: [Oddity] = []
    private var pseudo: [(name: String, value: String)] = []

    private static let mostOddities = 16

    init(count: Int) { fields.reserveCapacity(count) }

    mutating func append(_ line: FieldLine) {
        guard line.name.utf8.first != Octets.colon else { return addPseudo(line) }
        check(line)
        fields.append(line)
        if fields.count == FieldSectionParser.mostFields + 1 {
            note("too-many-fields", "The section has more than \(FieldSectionParser.mostFields) field lines.")
        }
    }

    /// A field that refers to one that was sent before anybody watched.
    mutating func appendUnseen() {
        unseen += 1
    }

    /// How many fields of the block are not known.
    private(set) var unseen = 0

    /// Stands for what is not known of a message, in the manner of a redacted value.
    static let notSeen = "‹not-seen›"

    var isRequest: Bool { value(":method") != nil }

    /// The request, named as fully as it named itself.
    mutating func requestHead(origin: RequestOrigin) -> RequestHead {
        let method = value(":method")
        let isTunnel = method == "CONNECT" && value(":protocol") == nil
        let required = isTunnel ? [":method", ":authority"] : [":method", ":scheme", ":path"]
        noteUnseen()
        for name in required where value(name)?.isEmpty != false && unseen == 0 {
            note("missing-pseudo-field", "A request has no \(name).")
        }
        reportUnknown([":method", ":scheme", ":authority", ":path", ":protocol"])
        let named = RequestOrigin(scheme: value(":scheme") ?? origin.scheme, authority: origin.authority)
        let authority = value(":authority") ?? fields.first("host")
        let path = value(":path") ?? (unseen > 0 ? "/" + Self.notSeen : "")
        if !isTunnel, !path.isEmpty, path.utf8.first != Octets.slash, path != "*" {
            note("bad-request-target", "The :path is none.", FieldLine(":path", path))
        }
        // An extended CONNECT (RFC 8441) has a target like any other request.
        let url =
            isTunnel ? authority ?? origin.authority : named.url(method: "", target: path, host: authority)
        return RequestHead(
            method: method ?? (unseen > 0 ? Self.notSeen : ""), url: url, version: "HTTP/2", fields: fields)
    }

    /// The response, or nothing where it has no status of three digits.
    mutating func responseHead() -> ResponseHead? {
        noteUnseen()
        reportUnknown([":status"])
        guard let text = value(":status"), text.utf8.count == 3, let status = Octets.decimal(text.utf8), status >= 100
        else { return nil }
        return ResponseHead(status: Int(status), reason: "", version: "HTTP/2", fields: fields)
    }

    /// Trailers have no pseudo-header fields (RFC 9113 §8.1).
    mutating func trailers() -> [FieldLine] {
        noteUnseen()
        reportUnknown([])
        return fields
    }

    /// The Content-Length, where there is one that says something.
    mutating func contentLength() -> Int64? {
        let values = fields.values(of: "content-length")
        guard let first = values.first else { return nil }
        guard let length = Octets.decimal(first.utf8), values.allSatisfy({ $0 == first }) else {
            note("bad-content-length", "Content-Length is not a plain number of octets.")
            return nil
        }
        return length
    }

    func value(_ name: String) -> String? {
        for field in pseudo where field.name == name { return field.value }
        return nil
    }

    // MARK: Oddities

    private mutating func noteUnseen() {
        guard unseen > 0 else { return }
        note(
            "fields-not-seen",
            "\(unseen) field lines refer to ones that were sent before the capture began (RFC 7541 §2.3).")
    }

    private mutating func addPseudo(_ line: FieldLine) {
        checkValue(line)
        if !fields.isEmpty {
            note("late-pseudo-field", "A pseudo-header field comes after another field.", line)
        }
        guard value(line.name) == nil else {
            return note("repeated-pseudo-field", "A pseudo-header field appears twice; the first counts.", line)
        }
        // More than the standard's handful are unknown anyway.
        if pseudo.count < 16 { pseudo.append((line.name, line.value)) }
    }

    private mutating func reportUnknown(_ known: [String]) {
        for field in pseudo where !known.contains(field.name) {
            note(
                "unknown-pseudo-field", "That pseudo-header field has no place here.",
                FieldLine(field.name, field.value))
        }
    }

    private mutating func check(_ line: FieldLine) {
        if !Self.isName(line.name.utf8Span.span) {
            note("bad-field-name", "A field name has octets that HTTP/2 does not allow.", line)
        }
        checkValue(line)
        // The length first, because no other test is as cheap and hardly a field passes it.
        guard Self.suspects & (1 << line.name.utf8.count) != 0 else { return }
        switch line.name {
        case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
            note("connection-field", "A field of the connection has no place in HTTP/2.", line)
        case "te" where line.value != "trailers":
            note("connection-field", "TE may only say \"trailers\".", line)
        default: break
        }
    }

    /// The lengths of the names below, one bit each.
    private static let suspects: UInt = 1 << 2 | 1 << 7 | 1 << 10 | 1 << 16 | 1 << 17

    private static func isName(_ name: Span<UInt8>) -> Bool {
        for index in name.indices where !Octets.isToken(name[index]) || (0x41...0x5A).contains(name[index]) {
            return false
        }
        return !name.isEmpty
    }

    private mutating func checkValue(_ line: FieldLine) {
        let octets = line.value.utf8Span.span
        var isAllowed = true
        var union: UInt8 = 0
        for index in octets.indices {
            isAllowed = isAllowed && Octets.isFieldValue(octets[index])
            union |= octets[index]
        }
        if !isAllowed { note("bad-field-value", "A field value has control octets.", line) }
        // Header compression hands over text; octets that were none have been replaced on the way.
        if union >= 0x80, line.value.unicodeScalars.contains("\u{FFFD}") {
            note("field-not-utf8", "A field value has octets that are not UTF-8; they are replaced.", line)
        }
    }

    private mutating func note(_ code: String, _ detail: String, _ line: FieldLine? = nil) {
        guard oddities.count < Self.mostOddities else { return }
        let raw = line.map { Array("\($0.name): \($0.value)".utf8.prefix(Oddity.longestRaw)) } ?? []
        oddities.append(Oddity(code, detail, raw: raw))
    }
}
