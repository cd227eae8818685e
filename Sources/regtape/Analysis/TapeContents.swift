import Registry
import TapeModel
import TapeStore

/// The bodies beside a tape that its meaning depends on: manifests and answers too large for a line, never a layer.
struct TapeContents {
    /// Bodies that a line names and that are not there.
    private(set) var missing = 0

    /// Manifests and token answers end far below (distribution-spec: 4 MiB for a manifest).
    private static let limit: Int64 = 4 * 1024 * 1024

    /// What `decoder` asks for; contents within the line it has already.
    mutating func contents(
        of record: TapeRecord, for decoder: borrowing TraceDecoder, from tape: () -> TapeReader?
    ) -> TraceDecoder.Contents {
        guard case .exchange(let exchange) = record else { return TraceDecoder.Contents() }
        let bodies = [exchange.request.body, exchange.response?.body ?? .empty]
        guard bodies.contains(where: { $0.text == nil && $0.sha256 != nil }) else { return TraceDecoder.Contents() }
        let wanted = decoder.wanted(for: exchange)
        guard wanted.request || wanted.response, let reader = tape() else { return TraceDecoder.Contents() }
        return TraceDecoder.Contents(
            request: wanted.request ? octets(of: exchange.request.body, exchange.request.head.fields, reader) : nil,
            response: wanted.response
                ? exchange.response.flatMap { octets(of: $0.body, $0.head.fields, reader) } : nil)
    }

    /// Content that is coded in a way we cannot undo says nothing; its octets must not be taken for text.
    private mutating func octets(of body: Body, _ fields: [FieldLine], _ reader: TapeReader) -> [UInt8]? {
        guard body.text == nil, let sha256 = body.sha256, body.length <= Self.limit else { return nil }
        guard let octets = reader.body(forSHA256: sha256, limit: Self.limit) else {
            missing += 1
            return nil
        }
        guard !body.isDecoded else { return octets }
        return try? ContentInflater.inflate(
            octets, codings: fields.values(of: "content-encoding").flatMap(ContentInflater.codings),
            limits: ContentInflater.Limits(length: Int(Self.limit)))
    }
}
