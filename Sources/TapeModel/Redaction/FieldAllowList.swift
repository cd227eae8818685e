/// The header fields whose values may stand on a tape as they were sent.
///
/// A list of what is known to be harmless and not of what is known to be secret: the next vendor's token field must
/// be masked before anybody has heard of it.
enum FieldAllowList {
    /// `name` is in small letters.
    static func keeps(_ name: String, value: some Collection<UInt8>) -> Bool {
        // No host has an `@`, but what a person typed in front of one may be a password.
        if name == "host", value.contains(0x40) { return false }
        return names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }

    private static let names: Set<String> = [
        // RFC 9110, 9111, 9112: content, negotiation, caching, conditions, ranges, connections.
        "accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "age", "allow",
        "cache-control", "connection", "content-disposition", "content-encoding", "content-language", "content-length",
        "content-range", "content-type", "date", "etag", "expect", "expires", "host", "if-match", "if-modified-since",
        "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "last-modified", "max-forwards", "pragma",
        "proxy-connection", "range", "retry-after", "server", "te", "trailer", "transfer-encoding", "upgrade",
        "user-agent", "vary", "via", "warning", "www-authenticate", "proxy-authenticate", "priority",
        // The distribution API.
        "docker-content-digest", "docker-distribution-api-version", "docker-upload-uuid", "oci-chunk-min-length",
        "oci-filters-applied", "oci-namespace", "oci-subject", "oci-tag", "x-registry-supports-signatures",
        "blob-upload-session-id", "content-digest", "repr-digest", "content-md5",
        // Rate limits.
        "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy",
        // What support desks ask for.
        "x-ms-request-id", "x-ms-correlation-request-id", "x-ms-client-request-id", "x-ms-error-code", "x-ms-version",
        "x-ms-blob-type", "x-ms-lease-state", "x-ms-lease-status", "x-ms-creation-time", "x-ms-server-encrypted",
        "x-ms-ratelimit-remaining-calls-per-second", "x-amz-request-id", "x-amz-id-2", "x-amz-cf-id", "x-amz-cf-pop",
        "x-amz-server-side-encryption", "x-amz-version-id", "x-guploader-uploadid", "x-goog-hash",
        "x-goog-generation", "x-goog-stored-content-length", "x-github-request-id", "x-request-id",
        "x-correlation-id", "x-msedge-ref", "x-azure-ref", "x-cache", "x-cache-hits", "x-served-by", "cf-ray",
        "cf-cache-status", "x-squid-error", "x-artifactory-id", "x-artifactory-node-id", "x-jfrog-version",
        "x-harbor-request-id", "x-powered-by", "x-bytecode-version",
        // Browsers' rules, which carry no user data.
        "alt-svc", "content-security-policy", "strict-transport-security", "referrer-policy", "x-content-type-options",
        "x-frame-options", "x-xss-protection", "permissions-policy", "timing-allow-origin",
    ]

    private static let prefixes = ["access-control-allow-", "access-control-expose-", "access-control-max-"]
}
