import Registry
import TapeModel

/// A chunk of an upload does not begin where the last one ended.
///
/// ## What it means
/// 416 `RANGE_INVALID`: `Content-Range` begins elsewhere than behind the octets that the registry has, or the
/// Location of an earlier answer was used again, whose state is old (distribution-spec, pushing a blob in chunks).
///
/// ## How to fix it
/// Use the newest `Location`; ask with GET how far the upload is, and go on from there.
enum ChunkOutOfOrder: Rule {
    static let name = "chunk-out-of-order"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["F04"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadPatch || exchange.operation.endpoint == .uploadPut,
            exchange.status == 416 || exchange.errors.contains(where: { $0.code == "RANGE_INVALID" })
        else { return nil }
        let begin = exchange.operation.range?.first.map { "octet \($0)" } ?? "another place"
        let has = exchange.upload?.offsetBefore.map { "\($0) octets" } ?? "other octets"
        let isStale = exchange.upload.flatMap { step in
            step.stateOffset.flatMap { state in step.offsetBefore.map { state < $0 } }
        }
        return finding(
            "\(exchange.host.authority) answered \(exchange.outcomeWords) because a chunk begins at \(begin), and it has \(has) of the upload.",
            detail: isStale == true ? "The Location that was used is older than the last answer." : "",
            advice: """
                Use the Location of the last answer for each chunk, and begin one octet behind its Range.
                Where that is lost, ask with GET on the Location; the answer's Range says how far it is.
                """,
            evidence: [Evidence(exchange.seq, "request.content-range"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority + (exchange.operation.uploadSession ?? ""))
    }
}
