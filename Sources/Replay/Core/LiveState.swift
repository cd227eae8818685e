import Registry
import TapeModel

/// What this run has changed, over what the tape shows: `LiveChange` after `LiveChange`.
struct LiveState: Sendable {
    struct Repository: Sendable {
        /// Lengths of blobs, by SHA-256.
        var blobs: [String: Int64] = [:]
        var deletedBlobs: Set<String> = []
        /// By digest.
        var manifests: [String: LiveManifest] = [:]
        var deletedManifests: Set<String> = []
        /// Digest of each tag.
        var tags: [String: String] = [:]
        var deletedTags: Set<String> = []
        var hasChangedTags: Bool { !tags.isEmpty || !deletedTags.isEmpty || !deletedManifests.isEmpty }
    }

    private(set) var repositories: [TapeContent.RepositoryName: Repository] = [:]
    /// Contents whose octets the server keeps, by SHA-256.
    private(set) var kept: Set<String>
    /// Number of the last change; it never goes back within a run.
    var last: Int64

    init(_ history: LiveHistory) {
        kept = history.kept
        last = history.last
        for change in history.changes.sorted(by: { $0.number < $1.number }) { apply(change) }
    }

    func repository(_ authority: String, _ name: String) -> Repository? {
        repositories[TapeContent.RepositoryName(authority: authority, name: name)]
    }

    mutating func keep(_ sha256: String) { kept.insert(sha256) }

    /// The only way in which a repository becomes another.
    mutating func apply(_ change: LiveChange) {
        let place = TapeContent.RepositoryName(authority: change.authority, name: change.repository)
        repositories[place, default: Repository()].apply(change.kind)
    }

    /// Takes back what could not be kept; what it had replaced does not come back.
    mutating func revoke(_ effect: ReplayEffect) {
        switch effect {
        case .keep(_, let sha256), .keepManifest(let sha256): kept.remove(sha256)
        case .record(let change):
            let place = TapeContent.RepositoryName(authority: change.authority, name: change.repository)
            repositories[place]?.revoke(change.kind)
        case .discard: break
        }
    }
}

extension LiveState.Repository {
    fileprivate mutating func apply(_ change: LiveChange.Kind) {
        switch change {
        case .blob(let sha256, let length):
            blobs[sha256] = length
            deletedBlobs.remove(sha256)
        case .manifest(let manifest, let tags):
            manifests[manifest.digest] = manifest
            deletedManifests.remove(manifest.digest)
            for tag in tags {
                self.tags[tag] = manifest.digest
                deletedTags.remove(tag)
            }
        case .blobDeletion(let sha256):
            blobs[sha256] = nil
            deletedBlobs.insert(sha256)
        case .manifestDeletion(let digest):
            manifests[digest] = nil
            deletedManifests.insert(digest)
            for (tag, target) in tags where target == digest { delete(tag: tag) }
        case .tagDeletion(let tag): delete(tag: tag)
        }
    }

    private mutating func delete(tag: String) {
        tags[tag] = nil
        deletedTags.insert(tag)
    }

    fileprivate mutating func revoke(_ change: LiveChange.Kind) {
        switch change {
        case .blob(let sha256, _): blobs[sha256] = nil
        case .manifest(let manifest, _):
            manifests[manifest.digest] = nil
            tags = tags.filter { $0.value != manifest.digest }
        case .blobDeletion(let sha256): deletedBlobs.remove(sha256)
        case .manifestDeletion(let digest): deletedManifests.remove(digest)
        case .tagDeletion(let tag): deletedTags.remove(tag)
        }
    }
}
