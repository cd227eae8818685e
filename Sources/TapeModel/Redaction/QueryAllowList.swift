/// The query parameters, and the fields of forms, whose values may stand on a tape as they were sent.
enum QueryAllowList {
    static func keeps(_ key: String) -> Bool { keys.contains(key.lowercasedASCII) }

    /// Parameters whose value is secret in one part and useful in another.
    enum Mixed {
        /// `<key id>/<date>/<region>/…`: the scope helps to find a wrong region.
        case credentialScope
        /// `<epoch>-<mac>`.
        case epochAndCode
    }

    static func mixed(_ key: String) -> Mixed? {
        switch key.lowercasedASCII {
        case "x-amz-credential", "x-goog-credential": .credentialScope
        case "verify": .epochAndCode
        default: nil
        }
    }

    private static let keys: Set<String> = [
        // The distribution API and its token endpoints.
        "n", "last", "digest", "digest-algorithm", "mount", "from", "artifacttype", "scope", "service", "client_id",
        "offline_token", "grant_type", "access_type", "tag", "ns", "orderby", "next_page_size", "_nouploadcache",
        // Azure SAS: what is granted, and from when to when.
        "sv", "st", "se", "sr", "sp", "spr", "ss", "srt", "ske", "sks", "skv", "skt",
        // AWS SigV4 and V2, Google, CloudFront.
        "x-amz-algorithm", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-checksum-mode", "x-id",
        "x-goog-algorithm", "x-goog-date", "x-goog-expires", "x-goog-signedheaders", "expires",
        "response-content-type", "response-content-disposition", "regn",
    ]
}
