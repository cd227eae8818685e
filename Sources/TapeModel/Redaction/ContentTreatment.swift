/// Decides which contents are stored as they are and which are looked through first.
///
/// What a digest speaks for is never altered. Everything that might quote a credential is held back until it is whole.
enum ContentTreatment {
    /// Error pages, token answers and lists are far below this; what is larger and not known to be harmless is not kept.
    private static let longestHeld = 4 << 20

    static func of(_ side: Side, _ request: RequestHead, _ response: ResponseHead?) -> BodyTreatment {
        let held: BodyTreatment
        let fields = side == .client ? request.fields : response?.fields ?? []
        // A held body that is compressed cannot be looked through here; inflating it comes with the decoder.
        let encoding = fields.first("content-encoding")?.lowercasedASCII ?? "identity"
        held = encoding == "identity" ? .held(limit: longestHeld) : .dropped
        let path = self.path(of: request.url)
        switch side {
        case .client:
            return isRegistryContent(path, request.method) && !isForm(fields) ? .verbatim : held
        case .server:
            guard let response, (200..<300).contains(response.status) else { return held }
            if isRegistryContent(path, "GET") { return .verbatim }
            return isBinary(fields) ? .verbatim : held
        }
    }

    /// Blobs, manifests, uploads, tags, catalogue and referrers of the distribution API.
    private static func isRegistryContent(_ path: Substring, _ method: String) -> Bool {
        guard path.hasPrefix("/v2/"), method != "HEAD" else { return false }
        let parts = path.split(separator: "/")
        if parts.count == 2 { return parts[1] == "_catalog" }
        return parts.dropFirst(2).contains { ["blobs", "manifests", "tags", "referrers"].contains($0) }
            && !parts.contains("_storage_proxy") && parts.last != "token" && parts.last != "auth"
    }

    private static func isForm(_ fields: [FieldLine]) -> Bool {
        fields.first("content-type")?.lowercasedASCII.hasPrefix("application/x-www-form-urlencoded") ?? false
    }

    private static func isBinary(_ fields: [FieldLine]) -> Bool {
        guard let type = fields.first("content-type")?.lowercasedASCII else { return false }
        return type.hasPrefix("application/octet-stream") || type.hasPrefix("binary/octet-stream")
            || type.hasPrefix("application/vnd.docker.image.rootfs")
            || type.hasPrefix("application/vnd.oci.image.layer")
            || type.hasPrefix("application/gzip") || type.hasPrefix("application/x-gzip")
            || type.hasPrefix("application/zstd") || type.hasPrefix("application/x-tar")
    }

    private static func path(of url: String) -> Substring {
        guard let mark = Masker.find("://", in: Array(url.utf8)) else { return url[...] }
        let behind = url.utf8.dropFirst(mark + 3)
        guard let slash = behind.firstIndex(of: 0x2F) else { return "/" }
        return url[slash...].prefix { $0 != "?" && $0 != "#" }
    }
}
