public import TapeModel

/// Something that a client changed in a repository: all that a replay knows beyond its tape is a list of these.
///
/// A run tells each one to whoever keeps content (`ReplayEffect.record`); a later run that is given them
/// (`LiveHistory`) goes on where the earlier one stopped.
public struct LiveChange: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The repository holds a blob: pushed, or mounted from another.
        case blob(sha256: String, length: Int64)
        /// The repository holds a manifest, and these tags mean it from now on.
        case manifest(LiveManifest, tags: [String])
        case blobDeletion(sha256: String)
        /// With it go the tags that meant it.
        case manifestDeletion(digest: String)
        case tagDeletion(String)
    }

    /// Counts up; in whatever order changes are written down, this is the one that they were made in.
    public var number: Int64
    /// Host of the tape.
    public var authority: String
    public var repository: String
    public var kind: Kind

    public init(number: Int64, authority: String, repository: String, kind: Kind) {
        self.number = number
        self.authority = authority
        self.repository = repository
        self.kind = kind
    }

    /// What has to be at hand for the change to mean anything: SHA-256 and octets.
    public var content: (sha256: String, length: Int64)? {
        switch kind {
        case .blob(let sha256, let length): (sha256, length)
        case .manifest(let manifest, _): (manifest.sha256, manifest.length)
        case .blobDeletion, .manifestDeletion, .tagDeletion: nil
        }
    }
}

/// A manifest that was pushed, as far as questions need it.
public struct LiveManifest: Sendable, Hashable {
    public var sha256: String
    public var mediaType: String
    public var length: Int64
    /// Digest of the manifest that it refers to.
    public var subject: String?
    public var artifactType: String?
    public var annotations: JSONValue?

    public init(
        sha256: String, mediaType: String, length: Int64, subject: String? = nil, artifactType: String? = nil,
        annotations: JSONValue? = nil
    ) {
        self.sha256 = sha256
        self.mediaType = mediaType
        self.length = length
        self.subject = subject
        self.artifactType = artifactType
        self.annotations = annotations
    }

    public var digest: String { "sha256:" + sha256 }
}

/// What earlier runs left behind for this one.
public struct LiveHistory: Sendable {
    /// In whatever order.
    public var changes: [LiveChange]
    /// SHA-256 of the contents whose octets the server has from those runs.
    public var kept: Set<String>

    /// The highest number that a change has had; those of this run are above it.
    public var last: Int64

    public init(changes: [LiveChange] = [], kept: Set<String> = [], last: Int64 = 0) {
        self.changes = changes
        self.kept = kept
        self.last = max(last, changes.map(\.number).max() ?? 0)
    }
}
