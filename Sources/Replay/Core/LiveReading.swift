import Registry
import TapeModel

extension ReplayMachine {
    /// What this run's pushes and deletions say to a question; nothing where they do not touch it.
    func liveAnswer(_ question: Question) -> ReplayAnswer? {
        let operation = question.operation
        switch operation.endpoint {
        case .blobGet, .blobHead: return liveBlob(question)
        case .manifestGet, .manifestHead: return liveManifest(question)
        case .tagsList:
            guard state.repository(question.authority, question.repository)?.hasChangedTags == true,
                isAllowed(question)
            else { return nil }
            return tagsList(question, .live)
        case .referrersGet:
            guard let repository = state.repository(question.authority, question.repository), isAllowed(question),
                let digest = operation.digest?.description,
                repository.manifests.values.contains(where: { $0.subject == digest })
                    || options.isWritable
            else { return nil }
            return referrers(question, digest, .live)
        default: return nil
        }
    }

    private func liveBlob(_ question: Question) -> ReplayAnswer? {
        guard let digest = question.operation.digest, digest.isSHA256,
            let repository = state.repository(question.authority, question.repository), isAllowed(question)
        else { return nil }
        if repository.deletedBlobs.contains(digest.hex) {
            return ErrorAnswer.make(404, "BLOB_UNKNOWN", "blob unknown to registry", .live)
        }
        guard let length = repository.blobs[digest.hex] else { return nil }
        // The tape's way to the blob, over its storage host, is the better one.
        if let slot = index.slotOf[question.key], current(slot)?.isSuccess == true { return nil }
        return blob(question, digest, length, .live)
    }

    /// A blob whose octets are at hand; nothing where they are not.
    func blob(_ question: Question, _ digest: Digest, _ length: Int64, _ origin: ReplayAnswer.Origin) -> ReplayAnswer? {
        let pieces: [BodyPiece]
        if state.kept.contains(digest.hex) {
            pieces = [.stored(StoredPiece(sha256: digest.hex, length: length))]
        } else if let held = StoredContent(index.content).pieces(digest.hex) {
            pieces = held
        } else if question.isHead {
            pieces = []
        } else {
            return nil
        }
        return ReplayAnswer(
            status: 200,
            fields: [
                AnswerField("Content-Type", "application/octet-stream"),
                AnswerField("Content-Length", String(length)),
                AnswerField("Docker-Content-Digest", digest.description),
                AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
                AnswerField("Etag", "\"\(digest)\""), AnswerField("Accept-Ranges", "bytes"),
            ], body: pieces, origin: origin)
    }

    private func liveManifest(_ question: Question) -> ReplayAnswer? {
        guard let reference = question.operation.reference,
            let repository = state.repository(question.authority, question.repository), isAllowed(question)
        else { return nil }
        let digest: String
        switch reference {
        case .digest(let named): digest = named.description
        case .tag(let tag):
            if repository.deletedTags.contains(tag) { return Self.unknownManifest }
            guard let target = repository.tags[tag] ?? known(question)?.tags[tag] else { return nil }
            digest = target
        }
        if repository.deletedManifests.contains(digest) { return Self.unknownManifest }
        guard let manifest = repository.manifests[digest] else { return nil }
        return self.manifest(
            digest, type: manifest.mediaType, length: manifest.length,
            body: state.kept.contains(manifest.sha256)
                ? [.stored(StoredPiece(sha256: manifest.sha256, length: manifest.length))]
                : StoredContent(index.content).pieces(manifest.sha256) ?? [], .live)
    }

    static let unknownManifest = ErrorAnswer.make(404, "MANIFEST_UNKNOWN", "manifest unknown", .live)

    func manifest(
        _ digest: String, type: String, length: Int64, body: [BodyPiece], _ origin: ReplayAnswer.Origin
    ) -> ReplayAnswer {
        ReplayAnswer(
            status: 200,
            fields: [
                AnswerField("Content-Type", HeaderText.safe(type)), AnswerField("Content-Length", String(length)),
                AnswerField("Docker-Content-Digest", digest),
                AnswerField("Docker-Distribution-Api-Version", "registry/2.0"), AnswerField("Etag", "\"\(digest)\""),
            ], body: body, origin: origin)
    }

    func known(_ question: Question) -> TapeContent.Repository? {
        index.content.repository(question.authority, question.repository)
    }

    /// Whether the repository holds a blob now.
    func holds(blob sha256: String, _ authority: String, _ name: String) -> Bool {
        let live = state.repository(authority, name)
        if live?.deletedBlobs.contains(sha256) == true { return false }
        return live?.blobs[sha256] != nil || index.content.repository(authority, name)?.blobs.contains(sha256) == true
    }

    func holds(manifest digest: String, _ authority: String, _ name: String) -> Bool {
        let live = state.repository(authority, name)
        if live?.deletedManifests.contains(digest) == true { return false }
        if live?.manifests[digest] != nil { return true }
        guard let known = index.content.repository(authority, name) else { return false }
        return known.manifests[digest] != nil || known.tags.values.contains(digest)
    }
}
