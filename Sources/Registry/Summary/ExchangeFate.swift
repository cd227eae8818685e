import TapeModel

/// How an exchange came out, with regard to what is normal in the protocol (REGISTRY-FACTS.md §2.5, §4).
enum ExchangeFate: Sendable, Hashable {
    case succeeded
    /// An answer with an error status that says nothing bad: a blob that is not there yet, an image that is not signed.
    case benign
    /// 401 to a request without credentials: the first half of a handshake, and a fault only where nothing follows.
    case challenged
    case failed
    /// The client gave up.
    case aborted

    static func of(_ exchange: DecodedExchange) -> ExchangeFate {
        guard let status = exchange.status, exchange.exchange.error == nil else {
            return exchange.exchange.error?.party == .client ? .aborted : .failed
        }
        guard status >= 400 else { return .succeeded }
        let operation = exchange.operation
        switch status {
        case 401 where exchange.credentials == nil && !operation.endpoint.isToken && !exchange.challenges.isEmpty:
            return .challenged
        case 404:
            switch operation.endpoint {
            case .blobHead, .referrersGet, .trustGet, .signatureGet, .extensionDiscover: return .benign
            case .manifestGet, .manifestHead: return operation.namesArtifact ? .benign : .failed
            default: return .failed
            }
        default: return .failed
        }
    }

    var isFault: Bool { self == .failed || self == .aborted }
}

extension Operation {
    /// A tag that stands for something attached to an image: `sha256-<hex>`, `….sig`, `….att`, `….sbom`
    /// (distribution-spec, referrers tag schema; cosign).
    var namesArtifact: Bool {
        guard case .tag(let tag)? = reference, tag.utf8.starts(with: "sha256-".utf8) else { return false }
        return tag.utf8.count >= 71
    }

    /// The tag, unless it stands for something attached to an image.
    var imageTag: String? {
        guard case .tag(let tag)? = reference, !namesArtifact else { return nil }
        return tag
    }
}
