import Registry
import TapeModel

/// The blob storage denies access, and neither signature nor header is the reason.
///
/// ## What it means
/// The registry allowed the pull; the storage did not let this network, or this kind of request, in: a storage
/// firewall (`AuthorizationFailure`, `PublicAccessNotPermitted`), an endpoint policy of a virtual network that
/// lacks the registry's bucket (`AccessDenied`), or a URL that lost its signature.
///
/// ## How to fix it
/// Allow the registry's storage in the endpoint policy or firewall. Rights at the registry do not matter here.
enum StorageAccessDenied: Rule {
    static let name = "storage-access-denied"
    static let severity = Severity.error
    static let party = Party.storage
    static let symptoms = ["B13", "B16", "B31"]

    private static let codes: Set<String> = [
        "AccessDenied", "AuthorizationFailure", "PublicAccessNotPermitted", "AuthorizationPermissionMismatch",
        "AuthorizationSourceIPMismatch", "AuthorizationProtocolMismatch", "AccountIsDisabled",
        "InsufficientAccountPermissions", "NoAuthenticationInformation", "AllAccessDisabled",
    ]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        guard exchange.hasFailed, exchange.credentials == nil, let error = exchange.storageError,
            codes.contains(error.code) || isUnsignedAtR2(exchange, error), !exchange.storageSaysExpired
        else { return nil }
        let isUnsigned = exchange.signature == nil
        var evidence = [Evidence(exchange.seq, "response.body")]
        if let source = exchange.redirectSource { evidence.insert(Evidence(source.seq, "response.location"), at: 0) }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords), although the registry had allowed the download.",
            detail: (isUnsigned ? "The URL carries no signature. " : "") + exchange.itSays,
            advice: isUnsigned
                ? "Use the Location with its whole query; if the registry gave none, its storage driver signs nothing: check its configuration."
                : """
                \(allowance(exchange))
                Rights at the registry are not the point: it has redirected.
                """,
            evidence: evidence, subject: exchange.host.authority + " " + error.code,
            severity: codes.contains(error.code) ? .error : .warning)
    }

    /// Cloudflare's R2 likely names the missing `Authorization` where a request has no signature.
    private static func isUnsignedAtR2(_ exchange: DecodedExchange, _ error: StorageError) -> Bool {
        exchange.host.product == .cloudflareR2 && exchange.signature == nil && error.code == "InvalidArgument"
    }

    private static func allowance(_ exchange: DecodedExchange) -> String {
        switch exchange.host.product {
        case .azureBlob:
            "Allow this network at the storage account: `az storage account network-rule add -n \(exchange.host.firstLabel) "
                + "--ip-address ADDRESS`"
        case .s3:
            "Allow the bucket \(exchange.host.firstLabel) in the policy of the VPC endpoint for S3: s3:GetObject on "
                + "arn:aws:s3:::\(exchange.host.firstLabel)/*"
        default: "Allow this network at the storage \(exchange.host.name)."
        }
    }
}
