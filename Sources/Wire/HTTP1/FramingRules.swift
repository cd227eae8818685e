import TapeModel

/// Decides how long a message is (RFC 9112 §6.3), and when nobody can know.
///
/// Two readers that disagree about a boundary are how requests are smuggled, so everything on which
/// implementations are known to differ is ambiguous here: it is never repaired.
struct FramingRules {
    let fields: [FieldLine]
    let isHTTP10: Bool

    func requestFraming() throws(MessageRefusal) -> MessageFraming {
        switch (try transferCoding(), try contentLength()) {
        case (true, nil): return .chunked
        case (true, _?):
            throw MessageRefusal(
                code: "conflicting-framing", detail: "The message has both Transfer-Encoding and Content-Length.")
        case (false, let length?): return length == 0 ? .none : .length(length)
        case (false, nil): return .none
        }
    }

    func responseFraming(status: Int, method: String) throws(MessageRefusal) -> MessageFraming {
        let framing = try messageFraming()
        let hasNoContent =
            method == "HEAD" || (100..<200).contains(status) || status == 204 || status == 304
            || (method == "CONNECT" && (200..<300).contains(status))
        return hasNoContent ? .none : framing
    }

    private func messageFraming() throws(MessageRefusal) -> MessageFraming {
        switch (try transferCoding(), try contentLength()) {
        case (true, nil): return .chunked
        case (true, _?):
            throw MessageRefusal(
                code: "conflicting-framing", detail: "The message has both Transfer-Encoding and Content-Length.")
        case (false, let length?): return length == 0 ? .none : .length(length)
        case (false, nil): return .untilClose
        }
    }

    /// Whether the body is chunked.
    ///
    /// Only `chunked`, once and alone, is understood the same by everybody.
    private func transferCoding() throws(MessageRefusal) -> Bool {
        let values = fields.values(of: "transfer-encoding")
        guard let value = values.first else { return false }
        guard values.count == 1, value.equalsIgnoringASCIICase("chunked"), !isHTTP10 else {
            throw MessageRefusal(
                code: "bad-transfer-encoding",
                detail: isHTTP10
                    ? "An HTTP/1.0 message has a Transfer-Encoding."
                    : "Transfer-Encoding is not exactly \"chunked\".")
        }
        return true
    }

    private func contentLength() throws(MessageRefusal) -> Int64? {
        let values = fields.values(of: "content-length")
        guard let value = values.first else { return nil }
        guard values.count == 1 else {
            throw MessageRefusal(
                code: "repeated-content-length", detail: "Content-Length appears \(values.count) times.")
        }
        guard let length = Octets.decimal(value.utf8) else {
            throw MessageRefusal(code: "bad-content-length", detail: "Content-Length is not a plain number of octets.")
        }
        return length
    }
}
