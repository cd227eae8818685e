public import TapeModel

/// What a `MessageReader` finds in one direction of an HTTP/1 connection, in order.
public enum MessagePart: Sendable, Hashable {
    case requestHead(RequestLine, [FieldLine], started: Instant)
    case responseHead(ResponseHead, started: Instant)
    /// Content octets, as a range of the bytes just read.
    case body(Range<Int>)
    case trailers([FieldLine])
    case end
    case anomaly(code: String, detail: String, raw: [UInt8])
}

/// The start line of a request (RFC 9112 §3), the target exactly as sent.
public struct RequestLine: Sendable, Hashable {
    public var method: String
    public var target: String
    public var version: String

    public init(method: String, target: String, version: String) {
        self.method = method
        self.target = target
        self.version = version
    }
}

/// A message that must not be passed on, or that cannot be read any further.
public struct MessageRefusal: Error, Sendable, Hashable {
    /// A stable word in kebab case, such as `conflicting-framing`.
    public var code: String
    public var detail: String
    /// The octets at fault, at most 4 KiB.
    public var raw: [UInt8]

    public init(code: String, detail: String, raw: [UInt8] = []) {
        self.code = code
        self.detail = detail
        self.raw = Array(raw.prefix(4_096))
    }
}

/// How the end of a message's content is found (RFC 9112 §6.3).
public enum MessageFraming: Sendable, Hashable {
    case none
    case length(Int64)
    case chunked
    case untilClose
}

/// Whether odd framing is noted or refused.
public enum Strictness: Sendable, Hashable {
    /// Reports what is odd and reads on as long as the boundaries of the message are beyond doubt.
    case witness
    /// Throws at the first oddity, because somebody downstream might read it differently (RELIABILITY.md S1-S7).
    ///
    /// One character of a field value then stands for one octet, so that what is passed on can leave as it came.
    case refusing

    func text(_ octets: Span<UInt8>, _ range: Range<Int>) -> String {
        switch self {
        case .witness: Octets.text(octets, range)
        case .refusing: Octets.octetwise(octets, range)
        }
    }
}
