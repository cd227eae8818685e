import Registry
import TapeModel

/// A proxy before the registry does not take bodies as large as this layer.
///
/// ## What it means
/// 413 for a layer. Registries have no such limit; nginx has (`client_max_body_size`, 1 MiB unless set), Cloudflare
/// has by plan.
///
/// ## How to fix it
/// With nginx `client_max_body_size 0;` in the server block that leads to the registry. Past Cloudflare push by a
/// name that it does not proxy, or in chunks below the limit.
enum UploadTooLarge: Rule {
    static let name = "upload-too-large"
    static let severity = Severity.error
    static let party = Party.proxy
    static let symptoms = ["F08", "F09"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.operation.endpoint.isUpload, exchange.status == 413 else { return nil }
        let server = exchange.responseField("server")?.lowercased() ?? ""
        let isCloudflare = server.contains("cloudflare") || exchange.responseField("cf-ray") != nil
        let isNginx = server.contains("nginx") || server.contains("openresty") || exchange.says("nginx")
        let who = isCloudflare ? "Cloudflare" : isNginx ? "A proxy (nginx)" : "A proxy"
        let size =
            exchange.exchange.request.head.fields.first("content-length").flatMap { Int64($0) }
            ?? exchange.exchange.request.body.length
        return finding(
            "\(who) before \(exchange.host.authority) answered 413 to a layer of \(size) octets: it does not take bodies that large.",
            advice: isCloudflare
                ? "Push past Cloudflare (a DNS name without its proxy), or upload in chunks below its limit."
                : isNginx
                    ? "Put this into the proxy's server block and reload it: `client_max_body_size 0;`"
                    : "Raise the body limit of the proxy before \(exchange.host.authority).",
            evidence: [Evidence(exchange.seq, "request.body"), Evidence(exchange.seq, "response.status")],
            subject: exchange.host.authority)
    }
}
