/// The standard policy: what is not known to be harmless becomes a pseudonym before it reaches a disk.
///
/// One redactor serves one tape, so that equal secrets get equal pseudonyms on it and nothing of them elsewhere.
public struct Redactor: Redacting, Sendable {
    private var masker: Masker
    private var landmarks = TrafficLandmarks()

    /// `pseudonym` is a keyed hash: without its key nobody can try secrets out against a tape.
    public init(pseudonym: @escaping @Sendable ([UInt8]) -> String) {
        masker = Masker(pseudonym: pseudonym)
    }

    public var policyName: String { "standard" }

    public mutating func redact(_ request: RequestHead) -> RequestHead {
        var head = request
        // Fields first: a token that they carry is then known when it stands in the URL as well.
        head.fields = masker.fields(request.fields)
        head.url = masker.url(request.url)
        return head
    }

    public mutating func redact(_ response: ResponseHead, to request: RequestHead) -> ResponseHead {
        var head = response
        head.fields = masker.fields(response.fields)
        head.reason = masker.masked(response.reason)
        landmarks.learn(response, to: request)
        return head
    }

    public mutating func redact(trailers: [FieldLine]) -> [FieldLine] {
        masker.fields(trailers)
    }

    public func treatment(of side: Side, request: RequestHead, response: ResponseHead?) -> BodyTreatment {
        ContentTreatment.of(side, request, response, landmarks)
    }

    public mutating func redact(
        body: [UInt8], of side: Side, request: RequestHead, response: ResponseHead?
    ) -> [UInt8]? {
        let fields = side == .client ? request.fields : response?.fields ?? []
        let isSuccess = side == .server && (200..<300).contains(response?.status ?? 0)
        return masker.content(
            body, type: fields.first("content-type"),
            isTokenAnswer: isSuccess && landmarks.isTokenEndpoint(request.url))
    }

    public func redact(text: String) -> String { masker.masked(text) }

    public func redact(raw: [UInt8]) -> [UInt8] { masker.raw(raw) }
}
