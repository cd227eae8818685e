import Registry
import TapeModel

/// Harbor refuses a mount because the source's name is none of its own.
///
/// ## What it means
/// The client asked to mount a layer from a repository of one component (`from=app`), as another registry has it.
/// Harbor's names have a project, so it answers 400 instead of opening an upload, and some clients stop there.
///
/// ## How to fix it
/// Name the source with its project, or use a client that goes on with an upload.
enum MountSourceInvalid: Rule {
    static let name = "mount-source-invalid"
    static let severity = Severity.error
    static let party = Party.client
    static let symptoms = ["D06"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint == .uploadMount, exchange.status == 400, exchange.host.product == .harbor,
            let from = exchange.operation.mountFrom, !from.contains("/")
        else { return nil }
        return finding(
            "Harbor at \(exchange.host.authority) answered \(exchange.outcomeWords) to the mount of a layer from \(from.quotable(80)), "
                + "which has no project.",
            advice:
                "Tag the image with its project before the push: `docker tag \(from) \(exchange.host.authority)/PROJECT/\(from)`",
            evidence: [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.body")],
            subject: exchange.host.authority + "/" + from)
    }
}
