import Registry
import TapeModel

/// What this run has changed, over what the tape shows.
struct LiveState: Sendable {
    struct Manifest: Sendable, Hashable {
        var sha256: String
        var mediaType: String
        var length: Int64
        var subject: String?
        var artifactType: String?
        var annotations: JSONValue?
    }

    struct Repository: Sendable {
        /// Lengths of blobs, by SHA-256.
        var blobs: [String: Int64] = [:]
        var deletedBlobs: Set<String> = []
        /// By digest.
        var manifests: [String: Manifest] = [:]
        var deletedManifests: Set<String> = []
        /// Digest of each tag.
        var tags: [String: String] = [:]
        var deletedTags: Set<String> = []
        var hasChangedTags: Bool { !tags.isEmpty || !deletedTags.isEmpty || !deletedManifests.isEmpty }
    }

    private(set) var repositories: [TapeContent.RepositoryName: Repository] = [:]
    /// Contents whose octets the server keeps, by SHA-256.
    private(set) var kept: Set<String> = []

    func repository(_ authority: String, _ name: String) -> Repository? {
        repositories[TapeContent.RepositoryName(authority: authority, name: name)]
    }

    mutating func change(_ authority: String, _ name: String, _ change: (inout Repository) -> Void) {
        change(&repositories[TapeContent.RepositoryName(authority: authority, name: name), default: Repository()])
    }

    mutating func keep(_ sha256: String) { kept.insert(sha256) }

    mutating func put(blob sha256: String, length: Int64, _ authority: String, _ name: String) {
        change(authority, name) { repository in
            repository.blobs[sha256] = length
            repository.deletedBlobs.remove(sha256)
        }
    }

    mutating func put(_ manifest: Manifest, digest: String, tags: [String], _ authority: String, _ name: String) {
        change(authority, name) { repository in
            repository.manifests[digest] = manifest
            repository.deletedManifests.remove(digest)
            for tag in tags {
                repository.tags[tag] = digest
                repository.deletedTags.remove(tag)
            }
        }
    }
}
