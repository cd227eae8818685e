/// Decides which contents are stored as they are and which are looked through first.
///
/// What a digest speaks for is never altered. Everything that might quote a credential is held back until it is whole.
enum ContentTreatment {
    /// Error pages, token answers and lists are far below this; what is larger and not known to be harmless is not kept.
    private static let longestHeld = 4 << 20

    static func of(
        _ side: Side, _ request: RequestHead, _ response: ResponseHead?, _ landmarks: TrafficLandmarks
    ) -> BodyTreatment {
        let held = BodyTreatment.held(limit: longestHeld)
        let isContent = RegistryPath.isContent(request.url, method: request.method)
        switch side {
        case .client:
            return isContent && !isForm(request.fields) ? .verbatim : held
        case .server:
            guard let response, (200..<300).contains(response.status) else { return held }
            if isContent { return .verbatim }
            if landmarks.isTokenEndpoint(request.url) || request.method != "GET" { return held }
            return landmarks.isBlob(request.url) || isBinary(response.fields) ? .verbatim : held
        }
    }

    private static func isForm(_ fields: [FieldLine]) -> Bool {
        guard let type = fields.first("content-type")?.lowercasedASCII else { return false }
        return type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/")
    }

    private static func isBinary(_ fields: [FieldLine]) -> Bool {
        guard let type = fields.first("content-type")?.lowercasedASCII else { return false }
        return type.hasPrefix("application/octet-stream") || type.hasPrefix("binary/octet-stream")
            || type.hasPrefix("application/vnd.docker.image.rootfs")
            || type.hasPrefix("application/vnd.oci.image.layer")
            || type.hasPrefix("application/gzip") || type.hasPrefix("application/x-gzip")
            || type.hasPrefix("application/zstd") || type.hasPrefix("application/x-tar")
    }
}
