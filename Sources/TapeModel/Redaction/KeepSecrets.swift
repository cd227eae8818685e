/// Redacts nothing: the policy of `--keep-secrets`.
public struct KeepSecrets: Redacting, Sendable {
    public init() {}

    public var policyName: String { "none" }

    public mutating func redact(_ request: RequestHead) -> RequestHead { request }

    public mutating func redact(_ response: ResponseHead, to request: RequestHead) -> ResponseHead { response }

    public mutating func redact(trailers: [FieldLine]) -> [FieldLine] { trailers }

    public func treatment(of side: Side, request: RequestHead, response: ResponseHead?) -> BodyTreatment { .verbatim }

    public mutating func redact(
        body: [UInt8], of side: Side, request: RequestHead, response: ResponseHead?
    ) -> [UInt8]? { body }

    public func redact(text: String) -> String { text }

    public func redact(raw: [UInt8]) -> [UInt8] { raw }
}
