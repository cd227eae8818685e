import Registry
import TapeModel

/// The registry has the image in a form that the client did not say to accept.
///
/// ## What it means
/// 404 `MANIFEST_UNKNOWN` with `OCI index found, but accept header does not support OCI indexes`: the image is
/// there, and `Accept` names none of its media types. Old clients, and curl without the field, get that.
///
/// ## How to fix it
/// Update the client. With curl send all four media types in `Accept`: those of the OCI index and manifest, and of
/// Docker's manifest list and manifest.
enum AcceptLacksIndex: Rule {
    static let name = "accept-lacks-index"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D13"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isManifestRead, exchange.status == 404, exchange.method != "HEAD",
            exchange.says("accept header")
        else { return nil }
        let image = exchange.imageWords ?? exchange.repositoryWords
        return finding(
            "\(image) is there, but \(exchange.host.authority) answered \(exchange.outcomeWords) because the Accept field of "
                + "\(exchange.clientWords) names no form that it has.",
            detail: exchange.itSays,
            advice: """
                Update the client, or let it send the whole list; with curl:
                -H 'Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json'
                """,
            evidence: [Evidence(exchange.seq, "request.accept"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + image)
    }
}
