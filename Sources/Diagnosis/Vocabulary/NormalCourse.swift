import Registry
import TapeModel

/// Answers with an error status that belong to the normal course of the protocol.
enum NormalCourse {
    static func contains(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        switch exchange.status {
        case 401, 407: isHandshake(exchange, in: window)
        case 404: isAbsenceAsked(exchange, in: window) || isAnsweredOtherwise(exchange, in: window)
        case .some: isAnsweredOtherwise(exchange, in: window)
        case nil: false
        }
    }

    /// A challenge that was taken up: the client came back to this host with credentials.
    ///
    /// Many clients ask `/v2/` once and show the token only with the next request, so any request to the host counts.
    private static func isHandshake(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        // A proxy is answered with a field of its own, and lets the same request through then.
        if exchange.status == 407 { return window.laterSuccess(of: exchange) != nil }
        guard !exchange.challenges.isEmpty else { return isTokenFallback(exchange, in: window) }
        guard exchange.credentials == nil else { return window.laterSuccess(of: exchange) != nil }
        if window.challengeAnswer(to: exchange) != nil { return true }
        // Taken up, whatever came of it: what the token server says of it is another exchange.
        let isAnswered = window.firstLater(than: exchange, at: [.tokenGet, .tokenPost, .tokenExchange]) {
            exchange.challenges.name($0.url.host)
        }
        if isAnswered != nil { return true }
        return window.nextWithCredentials(after: exchange) != nil
    }

    /// Asking whether something is there is answered by 404 where it is not.
    private static func isAbsenceAsked(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        switch exchange.operation.endpoint {
        // Before a push, and before a download elsewhere.
        case .blobHead, .storageHead: return true
        case .referrersGet, .signatureGet, .trustGet, .trustKey, .extensionDiscover: return true
        case .manifestGet, .manifestHead:
            if case .tag(let tag)? = exchange.operation.reference, isSignatureTag(tag) { return true }
            if isFoundAsBlob(exchange, in: window) { return true }
            // A client that pushes looks what stands there now.
            return window.firstLater(than: exchange, at: [.manifestPut]) {
                $0.operation.repository == exchange.operation.repository && $0.hasSucceeded
                    && ($0.operation.reference == exchange.operation.reference)
            } != nil
        case .ping, .registryV1: return window.nextSuccessAtHost(after: exchange) != nil
        default: return false
        }
    }

    /// containerd asks for a digest among the manifests first and then among the blobs.
    static func isFoundAsBlob(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        guard let digest = exchange.operation.digest else { return false }
        return window.firstLater(than: exchange, at: [.blobHead, .blobGet]) {
            $0.operation.digest == digest && !$0.hasFailed
        } != nil
    }

    /// An attempt that the same client then made in the other way, and well: HEAD, then GET; a form, then a query.
    private static func isAnsweredOtherwise(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        if exchange.method == "HEAD", let twin = window.retry(of: exchange), twin.method == "GET" {
            // The GET tells the rest, whether good or bad.
            return true
        }
        return isTokenFallback(exchange, in: window)
    }

    private static func isTokenFallback(_ exchange: DecodedExchange, in window: TraceWindow) -> Bool {
        guard exchange.operation.endpoint == .tokenPost, let status = exchange.status,
            [400, 401, 404, 405].contains(status)
        else { return false }
        return window.firstLater(than: exchange, at: [.tokenGet]) {
            $0.url.authority == exchange.url.authority && $0.hasSucceeded
        } != nil
    }

    /// `sha256-<hex>`, with `.sig`, `.att` or `.sbom`: where signatures are kept without referrers.
    private static func isSignatureTag(_ tag: String) -> Bool {
        guard tag.hasPrefix("sha256-") || tag.hasPrefix("sha512-") else { return false }
        let digits = tag.dropFirst(7).prefix { $0.isHexDigit }
        return digits.count >= 32
    }
}

extension [Challenge] {
    /// Whether a realm lies on this host.
    fileprivate func name(_ host: String) -> Bool {
        contains { $0.realm?.lowercased().contains("://" + host) ?? false }
    }
}
