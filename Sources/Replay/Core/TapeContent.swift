import Registry
import TapeModel

/// What the tape shows of repositories and of contents, beyond single answers.
struct TapeContent: Sendable {
    struct RepositoryName: Sendable, Hashable {
        var authority: String
        var name: String
    }

    struct ManifestPlace: Sendable, Hashable {
        var sha256: String
        var mediaType: String
    }

    struct Referrer: Sendable, Hashable {
        var mediaType: String
        var length: Int64
        var artifactType: String?
    }

    struct Repository: Sendable {
        /// SHA-256 of blobs that it was seen to hold, in hexadecimal.
        var blobs: Set<String> = []
        /// By digest.
        var manifests: [String: ManifestPlace] = [:]
        /// Digest of each tag.
        var tags: [String: String] = [:]
        /// Tags of lists, also where their manifests are not on the tape.
        var listed: Set<String> = []
        /// Manifests that refer to another, by the digest of that.
        var referrers: [String: [String: Referrer]] = [:]
        /// Schemes of credentials with which it gave something.
        var schemes: Set<String> = []
    }

    private(set) var repositories: [RepositoryName: Repository] = [:]
    /// Lengths of contents that are stored unchanged, by SHA-256.
    private(set) var lengths: [String: Int64] = [:]
    /// Contents that stand in the records.
    private(set) var texts: [String: String] = [:]
    /// Contents that stand in files and are needed whole: manifests and tokens.
    private(set) var documents: [String: [UInt8]] = [:]
    /// Contents that stand in files.
    private(set) var files: Set<String> = []
    private(set) var lost: Set<String> = []
    /// The last challenge of each host, and when it was made.
    private(set) var challenges: [String: (fields: [FieldLine], moment: Instant)] = [:]
    /// Hosts that took tokens with an `access` claim, and whether each of these was for what was asked.
    private var tokenHabits: [String: Bool] = [:]
    /// Hosts that gave a token to a scheme of credentials, empty for none.
    private(set) var grants: [String: Set<String>] = [:]
    /// A token answer of each host and scheme that others can be made of.
    private(set) var tokenModels: [String: RecordedAnswer] = [:]
    /// SHA-256 of the blob that a redirect of the tape led to, by authority and path.
    private(set) var storagePlaces: [String: String] = [:]
    /// Hosts whose upload locations were relative.
    private(set) var relativeHosts: Set<String> = []
    /// Digests that a push of the tape ended with, by repository.
    private(set) var pushed: [RepositoryName: Set<String>] = [:]

    func repository(_ authority: String, _ name: String) -> Repository? {
        repositories[RepositoryName(authority: authority, name: name)]
    }

    func hasPushed(_ authority: String, _ name: String, _ digest: String) -> Bool {
        pushed[RepositoryName(authority: authority, name: name)]?.contains(digest) ?? false
    }

    /// Octets of a content that is at hand.
    func octets(_ sha256: String) -> [UInt8]? { documents[sha256] ?? texts[sha256].map { Array($0.utf8) } }

    /// Whether the content is on the tape, unchanged.
    func holds(_ sha256: String) -> Bool { lengths[sha256] != nil }

    mutating func hold(_ body: Body, _ document: [UInt8]?) {
        guard let sha256 = body.sha256, HeaderText.isSHA256(sha256) else { return }
        if let text = body.text, body.stored == .inline || body.stored == .partial {
            if texts[sha256] == nil { texts[sha256] = text }
        } else if body.stored == .file || body.stored == .partial {
            files.insert(sha256)
        }
        if let document, texts[sha256] == nil, document.count <= Self.longestDocument {
            documents[sha256] = document
        }
        guard !body.isRedacted, !body.isDecoded, body.stored == .inline || body.stored == .file, body.length >= 0 else {
            return
        }
        lengths[sha256] = body.length
    }

    mutating func lose(_ sha256: String) {
        // A content that stands in a record as well is as good as ever.
        guard texts[sha256] == nil else { return }
        lost.insert(sha256)
        lengths[sha256] = nil
        documents[sha256] = nil
    }

    /// Whether a host gives out challenges for tokens and goes by what these say of themselves.
    ///
    /// One token that was taken for something else shows that it does not: claims are private matters of a registry and
    /// its token server.
    func goesByScope(_ authority: String) -> Bool {
        tokenHabits[authority] == true
            && challenges[authority]?.fields.contains { $0.value.lowercasedASCII.hasPrefix("bearer ") } == true
    }

    static func place(_ url: TargetURL) -> String { url.authority + HeaderText.safe(url.path) }

    private static let longestDocument = 4 << 20

    mutating func learn(_ decoded: DecodedExchange, _ exchange: Exchange) {
        let authority = decoded.url.authority
        let scheme = ReplayRequest(method: "", url: "", fields: exchange.request.head.fields).scheme
        guard let response = exchange.response, exchange.error == nil else { return }
        if response.head.status == 401 {
            let fields = response.head.fields.filter { $0.name.equalsIgnoringASCIICase("www-authenticate") }
            if !fields.isEmpty, challenges.count < 512 || challenges[authority] != nil {
                challenges[authority] = (fields, decoded.date ?? decoded.ended)
            }
        }
        if decoded.operation.endpoint.isToken {
            learnToken(decoded, exchange, authority, scheme)
            return
        }
        if let target = decoded.redirect?.target, decoded.operation.endpoint.isBlobRead,
            let digest = decoded.operation.digest, digest.isSHA256, target.path.utf8.count <= 4_096
        {
            storagePlaces[Self.place(target)] = digest.hex
        }
        guard decoded.isSuccess else { return }
        if let access = decoded.credentials?.claims?.access, decoded.operation.repository != nil,
            !decoded.operation.endpoint.isStorage
        {
            let isCovered = TokenAccess.covers(access, decoded.operation)
            tokenHabits[authority] = isCovered && tokenHabits[authority] != false
        }
        // What storage gave, it gave for the repository whose redirect led there.
        let source = decoded.operation.endpoint.isStorage ? decoded.redirectSource?.url.authority : nil
        guard let name = decoded.operation.repository, name.utf8.count <= 1_024 else { return }
        let place = RepositoryName(authority: source ?? authority, name: name)
        var repository = repositories[place] ?? Repository()
        learn(decoded, response, into: &repository, place)
        if source == nil { repository.schemes.insert(scheme) }
        repositories[place] = repository
    }

    private mutating func learn(
        _ decoded: DecodedExchange, _ response: Exchange.Response, into repository: inout Repository,
        _ place: RepositoryName
    ) {
        let digest = decoded.operation.digest
        let told = response.head.fields.first("docker-content-digest").flatMap { Digest($0) }
        switch decoded.operation.endpoint {
        case .blobGet, .blobHead:
            if let digest, digest.isSHA256 { repository.blobs.insert(digest.hex) }
        case .storageGet, .storageHead:
            if let digest, digest.isSHA256, decoded.operation.reference == nil { repository.blobs.insert(digest.hex) }
        case .uploadPut, .uploadPost, .uploadMount:
            guard response.head.status == 201, let digest, digest.isSHA256 else { break }
            repository.blobs.insert(digest.hex)
            pushed[place, default: []].insert(digest.description)
        case .uploadStart:
            if let location = response.head.fields.first("location"), location.hasPrefix("/") {
                relativeHosts.insert(place.authority)
            }
        case .manifestGet, .manifestHead, .manifestPut:
            let isPut = decoded.operation.endpoint == .manifestPut
            let body = isPut ? decoded.exchange.request.body : response.body
            let named = digest ?? told ?? decoded.manifest?.digest
            guard let named, named.isSHA256 else { break }
            if case .tag(let tag)? = decoded.operation.reference { repository.tags[tag] = named.description }
            if isPut { pushed[place, default: []].insert(named.description) }
            let fields = isPut ? decoded.exchange.request.head.fields : response.head.fields
            guard let sha256 = body.sha256, sha256 == named.hex, !body.isRedacted,
                let type = fields.first("content-type")
            else { break }
            repository.manifests[named.description] = ManifestPlace(sha256: sha256, mediaType: type)
            if let subject = decoded.manifest?.subject?.digest {
                repository.referrers[subject.description, default: [:]][named.description] = Referrer(
                    mediaType: type, length: body.length, artifactType: decoded.manifest?.config?.mediaType)
            }
        case .tagsList:
            guard let sha256 = response.body.sha256, let octets = octets(sha256),
                let json = try? JSONValue(parsing: octets)
            else { break }
            repository.listed.formUnion((json["tags"]?.array ?? []).compactMap(\.string))
        default: break
        }
    }

    private mutating func learnToken(
        _ decoded: DecodedExchange, _ exchange: Exchange, _ authority: String, _ scheme: String
    ) {
        guard decoded.status == 200, decoded.tokenAnswer?.token != nil, let answer = RecordedAnswer(decoded, exchange)
        else { return }
        let kind = decoded.operation.endpoint == .tokenGet ? scheme : "form"
        grants[authority, default: []].insert(kind)
        tokenModels[authority + " " + kind] = answer
    }
}

extension Digest {
    /// The only algorithm whose digests name stored bodies.
    var isSHA256: Bool { algorithm == "sha256" && hex.utf8.count == 64 }
}
