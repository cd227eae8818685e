/// What an exchange did in a few words, for people: `GET blob sha256:dc2a7c9f0a1b`.
enum StepLabel {
    private static let longest = 120

    static func text(_ exchange: DecodedExchange) -> String {
        let operation = exchange.operation
        let digest = operation.digest?.short
        let object: String =
            switch operation.endpoint {
            case .ping: "/v2/"
            case .blobGet, .blobHead, .blobDelete: "blob \(digest ?? "?")"
            case .manifestGet, .manifestHead, .manifestPut, .manifestDelete:
                "manifest \(digest ?? operation.reference?.description ?? "?")"
            case .uploadStart: "upload"
            case .uploadPost: "blob \(digest ?? "?")"
            case .uploadMount: "mount \(digest ?? "?")"
            case .uploadPatch, .uploadStatus, .uploadCancel: "upload \(operation.uploadSession?.prefix(12) ?? "")"
            case .uploadPut: "upload \(digest ?? operation.uploadSession?.prefix(12).description ?? "")"
            case .tagsList: "tags"
            case .referrersGet: "referrers \(digest ?? "")"
            case .catalogList: "catalog"
            case .extensionDiscover: "extensions"
            case .tokenGet, .tokenPost, .tokenExchange:
                "token \(exchange.tokenRequest?.scopes.map(\.description).joined(separator: " ") ?? "")"
            case .storageGet, .storageHead:
                operation.reference == nil ? "storage \(digest ?? "")" : "storage manifest"
            case .acrMetadata: "metadata \(operation.reference?.description ?? operation.repository ?? "")"
            case .helmIndex: "helm index"
            case .trustGet, .trustPublish, .trustKey: "trust data"
            case .signatureGet: "signature \(digest ?? "")"
            case .registryV1: "registry v1"
            case .connect: exchange.url.authority
            case .unknown: exchange.url.path
            }
        let text = "\(exchange.method) \(object)"
        let cut = text.utf8.count <= longest ? text : String(decoding: text.utf8.prefix(longest), as: UTF8.self)
        return cut.utf8.last == 0x20 ? String(cut.dropLast()) : cut
    }
}
