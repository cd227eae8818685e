import Registry
import TapeModel

extension ReplayMachine {
    /// What refers to a manifest (distribution-spec, listing referrers): what the tape's registry listed or its contents
    /// show, and what was pushed in this run.
    func referrers(_ question: Question, _ digest: String, _ origin: ReplayAnswer.Origin) -> ReplayAnswer {
        let wanted = question.url[parameter: "artifactType"]
        let live = state.repository(question.authority, question.repository) ?? LiveState.Repository()
        var descriptors: [String: JSONValue] = [:]
        for (name, referrer) in known(question)?.referrers[digest] ?? [:] {
            descriptors[name] = Self.descriptor(
                name, referrer.mediaType, referrer.length, referrer.artifactType, annotations: nil)
        }
        for descriptor in recordedReferrers(question) {
            if let name = descriptor["digest"]?.string { descriptors[name] = descriptor }
        }
        for (name, manifest) in live.manifests where manifest.subject == digest {
            descriptors[name] = Self.descriptor(
                name, manifest.mediaType, manifest.length, manifest.artifactType, annotations: manifest.annotations)
        }
        let found = descriptors.filter { name, descriptor in
            !live.deletedManifests.contains(name) && (wanted == nil || descriptor["artifactType"]?.string == wanted)
        }.sorted { $0.key < $1.key }.map(\.value)
        let type = "application/vnd.oci.image.index.v1+json"
        return Self.json(
            .object([
                .init("schemaVersion", .number("2")), .init("mediaType", .string(type)),
                .init("manifests", .array(found)),
            ]), type: type, origin, wanted == nil ? [] : [AnswerField("OCI-Filters-Applied", "artifactType")])
    }

    private static func descriptor(
        _ digest: String, _ mediaType: String, _ length: Int64, _ artifactType: String?, annotations: JSONValue?
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("mediaType", .string(mediaType)), .init("digest", .string(digest)),
            .init("size", .number(String(length))),
        ]
        if let artifactType { members.append(.init("artifactType", .string(artifactType))) }
        if let annotations { members.append(.init("annotations", annotations)) }
        return .object(members)
    }

    private func recordedReferrers(_ question: Question) -> [JSONValue] {
        guard let slot = index.slotOf[question.key], let answer = current(slot), answer.status == 200,
            case .stored(let sha256, _) = answer.body, let octets = index.content.octets(sha256),
            let json = try? JSONValue(parsing: octets)
        else { return [] }
        return json["manifests"]?.array ?? []
    }
}
