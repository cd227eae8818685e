public import Registry
import TapeModel

/// The words that findings use for the things of a trace, so that all of them speak alike.
extension DecodedExchange {
    /// `curl/7.88.1`, or `the client`.
    public var clientWords: String {
        client.map { [$0.name, $0.version].compactMap(\.self).joined(separator: "/") } ?? "the client"
    }

    /// `400 InvalidAuthenticationInfo`, `401`, or `nothing` where there is no answer.
    public var outcomeWords: String {
        guard let status else { return "nothing" }
        let code = errors.first.map(\.code) ?? storageError?.code ?? ""
        return code.isEmpty ? String(status) : "\(status) \(code.quotable(60))"
    }

    /// `GET manifest app:v1`, `PATCH upload to app`, or method and path of what is no operation of a registry.
    public var requestWords: String {
        let name = (operation.repository ?? "").quotable(120)
        let digest = operation.digest?.short ?? ""
        switch operation.endpoint {
        case .ping: return "\(method) /v2/"
        case .manifestGet, .manifestHead, .manifestPut, .manifestDelete:
            return "\(method) manifest \(imageWords ?? name)"
        case .blobGet, .blobHead, .blobDelete: return "\(method) blob \(digest) of \(name)"
        case .uploadMount: return "mount of \(digest) from \((operation.mountFrom ?? "?").quotable(120)) to \(name)"
        case .uploadStart, .uploadPost, .uploadPatch, .uploadPut, .uploadStatus, .uploadCancel:
            return "\(method) upload to \(name)"
        case .tagsList: return "\(method) tags of \(name)"
        case .referrersGet: return "\(method) referrers of \(digest) in \(name)"
        case .catalogList: return "\(method) catalog"
        case .tokenGet, .tokenPost, .tokenExchange:
            let scopes = (tokenRequest?.scopes ?? []).prefix(3).map(\.description).joined(separator: " ")
            return "\(method) token" + (scopes.isEmpty ? "" : " for \(scopes.quotable(160))")
        case .storageGet, .storageHead:
            let blob = redirectSource?.operation.digest.map { " \($0.short)" } ?? ""
            return "\(method) stored blob\(blob)"
        default: return "\(method) \(url.path.quotable(160))"
        }
    }

    /// `app:v1` or `app@sha256:dc2a…`; nothing where no manifest is named.
    public var imageWords: String? {
        guard let repository = operation.repository, let reference = operation.reference else { return nil }
        switch reference {
        case .tag(let tag): return "\(repository):\(tag)".quotable(200)
        case .digest(let digest): return "\(repository)@\(digest.short)".quotable(200)
        }
    }

    /// `the registry ghcr.io`, `the blob host …`, `a gateway in front of …`.
    public var answererWords: String {
        switch answerer {
        case .registry: "the registry \(url.authority)"
        case .tokenServer: "the token server \(url.authority)"
        case .storage: "the blob host \(url.authority)"
        case .middlebox: "a gateway or proxy in front of \(url.authority)"
        case .recorder: "regtape itself, for \(url.authority),"
        case .unknown, nil: url.authority
        }
    }

    /// What the answer says in its own words, quoted and bounded; nothing where it says nothing.
    public var messageWords: String? {
        let words: String
        switch errorBody {
        case .registry(let errors):
            words = errors.prefix(3).map { $0.message.isEmpty ? $0.code : $0.message }.joined(separator: "; ")
        case .json(let message): words = message
        case .storage(let error): words = error.message.isEmpty ? error.code : error.message
        case .html(let page): words = [page.title, page.text].compactMap(\.self).first { !$0.isEmpty } ?? ""
        case .text(let text): words = text
        case .refused(let reason): return "nothing that could be read (\(reason))"
        case nil: words = ""
        }
        let quoted = words.quotable(300)
        return quoted.isEmpty ? nil : "\"\(quoted)\""
    }
}

extension String {
    /// This text as it may stand within a sentence: on one line, white space folded, at most `limit` characters.
    public func quotable(_ limit: Int) -> String {
        // Nearly always it may stand as it is, and looking at octets is far cheaper than at characters.
        if isQuotable(limit) { return self }
        // A peer may send megabytes; a prefix of them is folded, not all.
        let folded = prefix(4 * limit).split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        return folded.count > limit ? folded.prefix(limit - 1) + "…" : folded
    }

    /// Short, of printing ASCII, and without white space that would be folded.
    private func isQuotable(_ limit: Int) -> Bool {
        guard utf8.count <= limit else { return false }
        var last: UInt8 = 0x20
        for octet in utf8 {
            guard (0x20...0x7E).contains(octet), octet != 0x20 || last != 0x20 else { return false }
            last = octet
        }
        return last != 0x20 || isEmpty
    }

    /// With a capital where a sentence begins; a host, a path and a client with its version keep their own letters.
    public var capitalizedFirst: String {
        let first = prefix { $0 != " " }
        if first.contains(where: { ".:/".contains($0) }) { return self }
        return prefix(1).uppercased() + dropFirst()
    }
}
