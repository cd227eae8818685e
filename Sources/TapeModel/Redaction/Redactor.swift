/// The standard policy: what is not known to be harmless becomes a pseudonym before it reaches a disk.
///
/// One redactor serves one tape, so that equal secrets get equal pseudonyms on it and nothing of them elsewhere.
public struct Redactor: Redacting, Sendable {
    private var masker: Masker

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
        head.reason = masker.maskingLearned(response.reason)
        return head
    }

    public mutating func redact(trailers: [FieldLine]) -> [FieldLine] {
        masker.fields(trailers)
    }

    public func treatment(of side: Side, request: RequestHead, response: ResponseHead?) -> BodyTreatment {
        ContentTreatment.of(side, request, response)
    }

    public mutating func redact(
        body: [UInt8], of side: Side, request: RequestHead, response: ResponseHead?
    ) -> [UInt8]? {
        let fields = side == .client ? request.fields : response?.fields ?? []
        return masker.content(body, type: fields.first("content-type"))
    }

    public func redact(text: String) -> String {
        String(decoding: masker.text(Array(text.utf8)), as: UTF8.self)
    }

    /// A message that could not be read has no fields that could be told apart for certain: behind every colon of
    /// every line that does not begin with a harmless name, and behind every question mark, all is masked.
    public func redact(raw: [UInt8]) -> [UInt8] {
        let lines = raw.split(separator: 0x0A, omittingEmptySubsequences: false).map { line -> [UInt8] in
            if let colon = line.firstIndex(of: 0x3A), !line[..<colon].contains(0x2F) {
                let name = String(decoding: line[..<colon], as: UTF8.self).lowercasedASCII
                let value = line[line.index(after: colon)...]
                if FieldAllowList.keeps(name) { return Array(line) }
                return line[...colon] + [0x20] + Array(masker.mask("field", value).utf8)
            }
            guard let mark = line.firstIndex(of: 0x3F) else { return Array(line) }
            let end = line[mark...].firstIndex(of: 0x20) ?? line.endIndex
            return line[...mark] + Array(masker.mask("query", line[line.index(after: mark)..<end]).utf8) + line[end...]
        }
        return masker.text(Array(lines.joined(separator: [0x0A])))
    }
}
