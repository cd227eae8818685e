import TapeModel

/// Decides how long a message is (RFC 9112 §6.3), and when nobody can know.
///
/// Two readers that disagree about a boundary are how requests are smuggled, so everything on which
/// implementations are known to differ is ambiguous here and never repaired. What every implementation reads alike
/// although it is not allowed, such as one length said twice, is an oddity.
struct FramingRules {
    let fields: [FieldLine]
    let isHTTP10: Bool
    private(set) var oddities: [Oddity] = []

    init(fields: [FieldLine], isHTTP10: Bool) {
        self.fields = fields
        self.isHTTP10 = isHTTP10
    }

    mutating func requestFraming() throws(MessageRefusal) -> MessageFraming {
        let coding = try transferCoding()
        let length = try contentLength()
        switch (coding, length) {
        case (.chunked, nil): return .chunked
        case (.chunked, _?), (.toTheEnd, _?): throw Self.conflict
        // A request cannot end with its connection, because its answer is still to come.
        case (.toTheEnd, nil): throw Self.notChunked
        case (nil, let length?): return length == 0 ? .none : .length(length)
        case (nil, nil): return .none
        }
    }

    /// The framing of an answer to a request that was `asked`.
    mutating func responseFraming(status: Int, asked: AskedFor) throws(MessageRefusal) -> MessageFraming {
        let hasNoContent =
            asked == .head || (100..<200).contains(status) || status == 204 || status == 304
            || (asked == .tunnel && (200..<300).contains(status))
        do {
            let framing = try responseFraming()
            return hasNoContent ? .none : framing
        } catch  where hasNoContent {
            // The boundary is the end of the head, whatever its fields say.
            oddities.append(Oddity(error.code, error.detail))
            return .none
        }
    }

    private mutating func responseFraming() throws(MessageRefusal) -> MessageFraming {
        let coding = try transferCoding()
        let length = try contentLength()
        switch (coding, length) {
        case (.chunked, nil): return .chunked
        case (.chunked, _?):
            // Clients agree that the coding wins over the length (RFC 9112 §6.3), unlike servers.
            oddities.append(Oddity(Self.conflict.code, Self.conflict.detail))
            return .chunked
        case (.toTheEnd, nil): return .untilClose
        case (.toTheEnd, _?): throw Self.conflict
        case (nil, let length?): return length == 0 ? .none : .length(length)
        case (nil, nil): return .untilClose
        }
    }

    private enum Coding {
        case chunked
        /// Codings of which none tells an end.
        case toTheEnd
    }

    /// Whether there is a Transfer-Encoding, and whether it tells where the content ends (RFC 9112 §6.1).
    private mutating func transferCoding() throws(MessageRefusal) -> Coding? {
        var codings: [String] = []
        var lines = 0
        for field in fields where field.name.equalsIgnoringASCIICase("transfer-encoding") {
            lines += 1
            for part in field.value.split(separator: ",", omittingEmptySubsequences: false) {
                codings.append(Self.trimmed(part).lowercasedASCII)
            }
        }
        guard let last = codings.last else { return nil }
        guard !isHTTP10 else {
            throw MessageRefusal(
                code: "bad-transfer-encoding", detail: "An HTTP/1.0 message has a Transfer-Encoding.")
        }
        if codings == ["chunked"], lines == 1 { return .chunked }
        let isKnown =
            codings == ["identity"]
            || codings.dropLast().allSatisfy(Self.known.contains) && (last == "chunked" || Self.known.contains(last))
        guard isKnown, lines == 1 else { throw Self.notChunked }
        oddities.append(
            Oddity("bad-transfer-encoding", "Transfer-Encoding has more than \"chunked\"; its codings are left on."))
        return last == "chunked" ? .chunked : .toTheEnd
    }

    /// Codings that an implementation either knows or refuses (RFC 9112 §7.2).
    private static let known: Set = ["gzip", "x-gzip", "deflate", "compress", "x-compress"]

    private mutating func contentLength() throws(MessageRefusal) -> Int64? {
        var length: Int64?
        var count = 0
        for field in fields where field.name.equalsIgnoringASCIICase("content-length") {
            for part in field.value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                count += 1
                guard let value = Octets.decimal(Self.trimmed(part)) else {
                    throw MessageRefusal(
                        code: "bad-content-length", detail: "Content-Length is not a plain number of octets.")
                }
                guard length == nil || length == value else {
                    throw MessageRefusal(
                        code: "conflicting-content-length", detail: "Content-Length is said twice and differs.")
                }
                length = value
            }
        }
        if count > 1 {
            oddities.append(Oddity("repeated-content-length", "Content-Length is said \(count) times, always alike."))
        }
        return length
    }

    private static func trimmed(_ part: Substring) -> String {
        String(decoding: trimmed(part.utf8), as: UTF8.self)
    }

    private static func trimmed(_ part: Substring.UTF8View) -> Substring.UTF8View {
        var part = part
        while let first = part.first, Octets.isBlank(first) { part.removeFirst() }
        while let last = part.last, Octets.isBlank(last) { part.removeLast() }
        return part
    }

    private static let conflict = MessageRefusal(
        code: "conflicting-framing", detail: "The message has both Transfer-Encoding and Content-Length.")
    private static let notChunked = MessageRefusal(
        code: "bad-transfer-encoding", detail: "Transfer-Encoding is not exactly \"chunked\".")
}

/// What a request asked for, as far as the framing of its answer depends on it (RFC 9112 §6.3).
enum AskedFor: Sendable, Hashable {
    case content
    case head
    case tunnel

    init(method: String) {
        switch method {
        case "HEAD": self = .head
        case "CONNECT": self = .tunnel
        default: self = .content
        }
    }
}
