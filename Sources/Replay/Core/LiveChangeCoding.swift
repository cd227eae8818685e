public import TapeModel

extension LiveChange {
    /// The word in the member `record`.
    public var record: String {
        switch kind {
        case .blob: "blob"
        case .manifest: "manifest"
        case .blobDeletion: "blob-deletion"
        case .manifestDeletion: "manifest-deletion"
        case .tagDeletion: "tag-deletion"
        }
    }

    /// The change as an object in the manner of a tape's records.
    public var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("record", .string(record)), .init("seq", .number(String(number))),
            .init("authority", .string(authority)), .init("repository", .string(repository)),
        ]
        switch kind {
        case .blob(let sha256, let length):
            members += [.init("sha256", .string(sha256)), .init("length", .number(String(length)))]
        case .manifest(let manifest, let tags):
            members += [
                .init("sha256", .string(manifest.sha256)), .init("length", .number(String(manifest.length))),
                .init("mediaType", .string(manifest.mediaType)),
                .init("tags", .array(tags.map(JSONValue.string))),
            ]
            if let subject = manifest.subject { members.append(.init("subject", .string(subject))) }
            if let type = manifest.artifactType { members.append(.init("artifactType", .string(type))) }
            if let annotations = manifest.annotations { members.append(.init("annotations", annotations)) }
        case .blobDeletion(let sha256): members.append(.init("sha256", .string(sha256)))
        case .manifestDeletion(let digest): members.append(.init("digest", .string(digest)))
        case .tagDeletion(let tag): members.append(.init("tag", .string(tag)))
        }
        return .object(members)
    }

    /// Nothing where a member is missing, or is not what this version writes.
    public init?(_ json: JSONValue) {
        guard let number = json["seq"]?.int64, (1...Self.mostChanges).contains(number),
            let authority = json["authority"]?.string, !authority.isEmpty,
            let repository = json["repository"]?.string, !repository.isEmpty,
            let kind = Self.kind(json)
        else { return nil }
        self.init(number: number, authority: authority, repository: repository, kind: kind)
    }

    private static func kind(_ json: JSONValue) -> Kind? {
        switch json["record"]?.string {
        case "blob": content(json).map { .blob(sha256: $0, length: $1) }
        case "manifest": manifest(json)
        case "blob-deletion": sha256(json).map { .blobDeletion(sha256: $0) }
        case "manifest-deletion": json["digest"]?.string.map { .manifestDeletion(digest: $0) }
        case "tag-deletion": json["tag"]?.string.map { .tagDeletion($0) }
        default: nil
        }
    }

    private static func manifest(_ json: JSONValue) -> Kind? {
        guard let (sha256, length) = content(json), let type = json["mediaType"]?.string,
            let tags = json["tags"]?.array?.map(\.string), tags.allSatisfy({ $0.map(ReplayMachine.isTag) == true })
        else { return nil }
        return .manifest(
            LiveManifest(
                sha256: sha256, mediaType: type, length: length, subject: json["subject"]?.string,
                artifactType: json["artifactType"]?.string, annotations: json["annotations"]),
            tags: tags.compactMap(\.self))
    }

    private static func content(_ json: JSONValue) -> (String, Int64)? {
        guard let sha256 = sha256(json), let length = json["length"]?.int64, length >= 0 else { return nil }
        return (sha256, length)
    }

    private static func sha256(_ json: JSONValue) -> String? {
        json["sha256"]?.string.flatMap { HeaderText.isSHA256($0) ? $0 : nil }
    }

    /// Far more than anybody pushes, and far from where counting on would overflow.
    private static let mostChanges: Int64 = 1 << 53
}
