public import TapeModel

/// One item of `errors[]` (distribution-spec, error codes).
public struct RegistryError: Sendable, Hashable {
    /// `MANIFEST_UNKNOWN`, …; empty where the item has none, as Artifactory's.
    public var code: String
    public var message: String
    public var detail: JSONValue?
}

/// The content of an answer that is no success, read within limits.
public enum ErrorBody: Sendable, Hashable {
    /// `{"errors":[…]}`.
    case registry([RegistryError])
    /// `{"details":…}`, `{"message":…}` and the like of token servers and old registries.
    case json(message: String)
    /// `<Error><Code>…` of Azure, S3, GCS, MinIO, CloudFront; elements by name, text as sent.
    case storage(StorageError)
    case html(HTMLPage)
    case text(String)
    /// A document that was refused: too deep, too long, a DOCTYPE.
    case refused(reason: String)

    /// What a person would read of it.
    public var text: String {
        switch self {
        case .registry(let errors):
            errors.map { error in
                let detail = error.detail.map { String(decoding: $0.serialized, as: UTF8.self) } ?? ""
                return [error.code, error.message, detail].filter { !$0.isEmpty }.joined(separator: ": ")
            }.joined(separator: "\n")
        case .json(let message): message
        case .storage(let error):
            ([error.code, error.message] + error.elements.map { "\($0.name): \($0.value)" })
                .filter { !$0.isEmpty }.joined(separator: "\n")
        case .html(let page): [page.title ?? "", page.text].filter { !$0.isEmpty }.joined(separator: "\n")
        case .text(let text): text
        case .refused(let reason): reason
        }
    }
}

/// An XML error of a storage service (REGISTRY-FACTS.md §5).
public struct StorageError: Sendable, Hashable {
    public var code: String
    public var message: String
    /// Further elements in order, such as `AuthenticationErrorDetail`, `ArgumentName`, `Expires` and `ServerTime`.
    public var elements: [TargetURL.Parameter]

    /// The text of the first element called `name`.
    public subscript(name: String) -> String? { elements.first { $0.name == name }?.value }
}

/// What a person would read of an HTML page.
public struct HTMLPage: Sendable, Hashable {
    public var title: String?
    /// The visible text, white space folded, at most 4 KiB.
    public var text: String
}

/// Who answered, by what the answer looks like (REGISTRY-FACTS.md §4.8).
public enum Answerer: String, Sendable, Hashable {
    case registry
    case tokenServer = "token-server"
    case storage
    /// A gateway, load balancer, CDN or proxy: the registry may never have seen the request.
    case middlebox
    /// regtape itself, for an origin that could not be reached.
    case recorder
    case unknown

    public var party: Party {
        switch self {
        case .registry, .unknown: .registry
        case .tokenServer: .tokenServer
        case .storage: .storage
        case .middlebox: .proxy
        case .recorder: .recorder
        }
    }
}
