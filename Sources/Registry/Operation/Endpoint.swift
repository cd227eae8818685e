/// One row of the table of endpoints: the distribution specification's end-1 to end-14, and what clients of registries
/// ask besides (REGISTRY-FACTS.md §1).
///
/// The raw value is the word that filters use (`op:blob.get`) and that reports print; it never changes.
public enum Endpoint: String, Sendable, Hashable, CaseIterable {
    case ping = "ping"
    case blobGet = "blob.get"
    case blobHead = "blob.head"
    case blobDelete = "blob.delete"
    case manifestGet = "manifest.get"
    case manifestHead = "manifest.head"
    case manifestPut = "manifest.put"
    case manifestDelete = "manifest.delete"
    case uploadStart = "upload.start"
    /// A blob in a single POST (end-4b).
    case uploadPost = "upload.post"
    case uploadMount = "upload.mount"
    case uploadPatch = "upload.patch"
    case uploadPut = "upload.put"
    case uploadStatus = "upload.status"
    case uploadCancel = "upload.cancel"
    case tagsList = "tags.list"
    case referrersGet = "referrers.get"
    case catalogList = "catalog.list"
    case extensionDiscover = "extension.discover"
    /// A token asked for with GET (Docker v2 authentication).
    case tokenGet = "token.get"
    /// A token asked for with a form (OAuth2).
    case tokenPost = "token.post"
    /// Azure's exchange of a directory token for a registry's refresh token.
    case tokenExchange = "token.exchange"
    /// The target of a redirect: blob storage or a CDN.
    case storageGet = "storage.get"
    case storageHead = "storage.head"
    case acrMetadata = "acr.metadata"
    case helmIndex = "helm.index"
    case trustGet = "trust.get"
    case trustPublish = "trust.publish"
    case trustKey = "trust.key"
    /// Signatures by the registry extension of OpenShift, or beside the registry (lookaside).
    case signatureGet = "signature.get"
    /// The first version of the registry protocol.
    case registryV1 = "registry.v1"
    /// A CONNECT that a proxy in front of us, or we ourselves, answered.
    case connect = "connect"
    case unknown = "unknown"

    /// Identifier in the distribution specification, such as `end-2`; nothing for what it does not know.
    public var specificationID: String? {
        switch self {
        case .ping: "end-1"
        case .blobGet, .blobHead: "end-2"
        case .manifestGet, .manifestHead: "end-3"
        case .uploadStart: "end-4a"
        case .uploadPost: "end-4b"
        case .uploadPatch: "end-5"
        case .uploadPut: "end-6"
        case .manifestPut: "end-7"
        case .tagsList: "end-8"
        case .manifestDelete: "end-9"
        case .blobDelete: "end-10"
        case .uploadMount: "end-11"
        case .referrersGet: "end-12"
        case .uploadStatus: "end-13"
        case .uploadCancel: "end-14"
        default: nil
        }
    }

    public var isToken: Bool { self == .tokenGet || self == .tokenPost || self == .tokenExchange }
    public var isStorage: Bool { self == .storageGet || self == .storageHead }
    public var isBlobRead: Bool { self == .blobGet || self == .blobHead }
    public var isManifestRead: Bool { self == .manifestGet || self == .manifestHead }
    /// Starts, continues, asks about or ends an upload.
    public var isUpload: Bool {
        switch self {
        case .uploadStart, .uploadPost, .uploadMount, .uploadPatch, .uploadPut, .uploadStatus, .uploadCancel: true
        default: false
        }
    }
    /// Changes what the registry holds.
    public var isWrite: Bool {
        isUpload && self != .uploadStatus || self == .manifestPut || self == .manifestDelete || self == .blobDelete
            || self == .trustPublish
    }
}
