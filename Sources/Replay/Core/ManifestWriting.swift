import Registry
import TapeModel

extension ReplayMachine {
    mutating func putManifest(_ question: Question) -> ReplayDecision {
        if let refusal = recordedStep(question).flatMap({ refusal($0, question) }) { return .answer(refusal) }
        guard isAllowed(question) else { return .answer(challenge(question) ?? denied(question)) }
        guard case .tag(let tag)? = question.operation.reference, !Self.isTag(tag) else {
            return .needsBody(.memory(limit: Self.longestManifest), wait(question, nil))
        }
        return .answer(ErrorAnswer.make(400, "TAG_INVALID", "manifest tag did not match URI", .live))
    }

    /// Grammar of a tag (distribution-spec, pulling manifests).
    static func isTag(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first, first != 0x2E, first != 0x2D else {
            return false
        }
        return text.utf8.allSatisfy { octet in
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    /// A manifest has come: its digest and its blobs are checked (distribution-spec, pushing manifests).
    mutating func received(_ question: Question, manifest octets: [UInt8], sha256: String) -> ReplayAnswer {
        guard HeaderText.isSHA256(sha256), let digest = Digest("sha256:" + sha256),
            let json = try? JSONValue(parsing: octets), json.members != nil
        else { return ErrorAnswer.make(400, "MANIFEST_INVALID", "manifest invalid", .live) }
        if case .digest(let named)? = question.operation.reference, named != digest {
            return ErrorAnswer.make(400, "DIGEST_INVALID", "provided digest did not match uploaded content", .live)
        }
        guard
            options.isWritable
                || index.content.hasPushed(question.authority, question.repository, digest.description)
        else { return miss(question, reason: "the tape shows no such push; --writable takes any") }
        let missing = missing(json, question)
        guard missing.isEmpty else {
            return ErrorAnswer.make(
                400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", .live,
                detail: .array(missing.map { .object([.init("digest", .string($0))]) }))
        }
        let manifest = LiveManifest(
            sha256: sha256,
            mediaType: question.request.fields.first("content-type") ?? json["mediaType"]?.string
                ?? "application/vnd.oci.image.manifest.v1+json",
            length: Int64(octets.count), subject: json["subject"]?["digest"]?.string,
            artifactType: json["artifactType"]?.string ?? json["config"]?["mediaType"]?.string,
            annotations: json["annotations"])
        var tags: [String] = []
        if case .tag(let tag)? = question.operation.reference { tags = [tag] }
        // Several tags at once (distribution-spec, end-7b).
        for parameter in question.url.query where parameter.name == "tag" && Self.isTag(parameter.value) {
            tags.append(parameter.value)
        }
        var effects: [ReplayEffect] = []
        if !index.content.holds(sha256) {
            state.keep(sha256)
            effects = [.keepManifest(sha256: sha256)]
        }
        effects.append(change(question, .manifest(manifest, tags: tags)))
        var fields = [
            AnswerField("Content-Length", "0"), AnswerField("Docker-Content-Digest", digest.description),
            AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
            location(question, "manifests/\(digest)"),
        ]
        if let subject = manifest.subject { fields.append(AnswerField("OCI-Subject", HeaderText.safe(subject))) }
        return ReplayAnswer(status: 201, fields: fields, origin: .live, effects: effects)
    }

    /// Digests that the manifest names and the repository does not hold; layers that are elsewhere do not count.
    private func missing(_ json: JSONValue, _ question: Question) -> [String] {
        var missing: [String] = []
        for blob in [json["config"]].compactMap(\.self) + (json["layers"]?.array ?? []) {
            guard blob["urls"]?.array?.isEmpty != false, let digest = blob["digest"]?.string else { continue }
            guard let parsed = Digest(digest), holds(blob: parsed.hex, question.authority, question.repository) else {
                missing.append(String(digest.prefix(256)))
                continue
            }
        }
        for child in json["manifests"]?.array ?? [] {
            guard let digest = child["digest"]?.string else { continue }
            if !holds(manifest: digest, question.authority, question.repository) {
                missing.append(String(digest.prefix(256)))
            }
        }
        return Array(missing.prefix(128))
    }

    /// Deletes a tag, a manifest or a blob; where nothing may be written, as the tape did.
    mutating func delete(_ question: Question) -> ReplayAnswer {
        if !options.isWritable {
            guard var answer = recorded(question) else { return challenge(question) ?? miss(question) }
            if (200..<300).contains(answer.status) { answer.effects += forget(question) }
            return answer
        }
        guard isAllowed(question) else { return challenge(question) ?? denied(question) }
        skip(question)
        guard exists(question) else {
            return question.operation.endpoint == .blobDelete
                ? ErrorAnswer.make(404, "BLOB_UNKNOWN", "blob unknown to registry", .live) : Self.unknownManifest
        }
        let effects = forget(question)
        return ReplayAnswer(
            status: 202,
            fields: [
                AnswerField("Content-Length", "0"), AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
            ], origin: .live, effects: effects)
    }

    private func exists(_ question: Question) -> Bool {
        let (authority, name) = (question.authority, question.repository)
        if question.operation.endpoint == .blobDelete {
            return question.operation.digest.map { holds(blob: $0.hex, authority, name) } ?? false
        }
        switch question.operation.reference {
        case .digest(let digest)?: return holds(manifest: digest.description, authority, name)
        case .tag(let tag)?:
            let live = state.repository(authority, name)
            guard live?.deletedTags.contains(tag) != true else { return false }
            return live?.tags[tag] != nil || known(question)?.tags[tag] != nil
        case nil: return false
        }
    }

    private mutating func forget(_ question: Question) -> [ReplayEffect] {
        let operation = question.operation
        if operation.endpoint == .blobDelete {
            return operation.digest.map { [change(question, .blobDeletion(sha256: $0.hex))] } ?? []
        }
        switch operation.reference {
        case .digest(let digest)?: return [change(question, .manifestDeletion(digest: digest.description))]
        case .tag(let tag)?: return [change(question, .tagDeletion(tag))]
        case nil: return []
        }
    }
}
