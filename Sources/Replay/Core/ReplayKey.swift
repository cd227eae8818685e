import Registry
import TapeModel

/// What makes two requests the same question, whatever their tokens, upload ids, signatures and dates are.
struct ReplayKey: Sendable, Hashable {
    var endpoint: Endpoint
    /// Host of the tape.
    var authority: String
    /// Repository; for what belongs to none, the path.
    var place: String
    /// What is asked for there: a reference, a digest, a page, scopes.
    var subject: String
    /// `Range` as sent, empty for none.
    var range = ""
    /// Scheme of the credentials in lower case, empty for none.
    var scheme: String

    func with(scheme: String) -> ReplayKey {
        var key = self
        key.scheme = scheme
        return key
    }

    func with(range: String) -> ReplayKey {
        var key = self
        key.range = range
        return key
    }

    func with(endpoint: Endpoint) -> ReplayKey {
        var key = self
        key.endpoint = endpoint
        return key
    }
}

extension ReplayKey {
    /// The key of a request by its meaning.
    init(
        _ operation: Operation, _ url: TargetURL, method: String, fields: [FieldLine], scheme: String,
        token: TokenRequest?
    ) {
        let place: String
        var subject = ""
        switch operation.endpoint {
        case .blobGet, .blobHead, .blobDelete, .uploadPut, .uploadPost:
            place = operation.repository ?? ""
            subject = operation.digest?.description ?? url.segments.last ?? ""
        case .manifestGet, .manifestHead, .manifestPut, .manifestDelete:
            place = operation.repository ?? ""
            subject = operation.reference?.description ?? ""
        case .uploadMount:
            place = operation.repository ?? ""
            subject = (operation.digest?.description ?? "") + " " + (operation.mountFrom ?? "")
        case .uploadStart, .uploadPatch, .uploadStatus, .uploadCancel: place = operation.repository ?? ""
        case .tagsList, .catalogList:
            place = operation.repository ?? ""
            subject = "\(url[parameter: "n"] ?? "") \(url[parameter: "last"] ?? "")"
        case .referrersGet:
            place = operation.repository ?? ""
            subject =
                "\(operation.digest?.description ?? url.segments.last ?? "") \(url[parameter: "artifactType"] ?? "")"
        case .tokenGet, .tokenPost, .tokenExchange:
            place = url.path
            let scopes = (token?.scopes ?? []).map(Self.canonical).sorted().joined(separator: " ")
            subject = "\(token?.service ?? "") \(scopes)"
        case .storageGet, .storageHead: place = HeaderText.safe(url.path)
        case .ping: place = ""
        default:
            place = HeaderText.safe(url.path)
            subject = method + Self.query(url)
        }
        self.init(
            endpoint: operation.endpoint, authority: url.authority, place: place, subject: subject, scheme: scheme)
        if method == "GET", let range = fields.first("range") {
            self.range = String(decoding: range.utf8.prefix(256), as: UTF8.self).lowercasedASCII
        }
    }

    /// The key of a request by its whole URL, for `exact`.
    init(exact url: String, authority: String, method: String, fields: [FieldLine], scheme: String) {
        self.init(
            endpoint: .unknown, authority: authority, place: HeaderText.safe(url), subject: method, scheme: scheme)
        if method == "GET", let range = fields.first("range") {
            self.range = String(decoding: range.utf8.prefix(256), as: UTF8.self).lowercasedASCII
        }
    }

    /// Actions in one order, because clients write them in any.
    private static func canonical(_ scope: TokenScope) -> String {
        var scope = scope
        scope.actions.sort()
        return scope.description
    }

    /// What tells one question from another in a query that has no meaning to us; order does not count.
    private static func query(_ url: TargetURL) -> String {
        url.query.filter { !VolatileParameters.contains($0.name) }
            .map { "&" + $0.name + "=" + HeaderText.safe($0.value) }.sorted().joined()
    }
}

/// Parameters whose values differ from run to run (REGISTRY-FACTS.md, replay notes).
enum VolatileParameters {
    static func contains(_ name: String) -> Bool {
        let name = name.lowercasedASCII
        return names.contains(name) || name.hasPrefix("x-amz-") || name.hasPrefix("x-goog-")
    }

    private static let names: Set = [
        "_state", "sig", "se", "st", "ske", "skt", "sktid", "skoid", "verify", "expires", "signature", "key-pair-id",
        "policy", "account", "googleaccessid", "awsaccesskeyid", "akamai_signature", "hdnts", "__token__", "token",
        "access_token", "refresh_token", "_nouploadcache", "ns",
    ]
}
