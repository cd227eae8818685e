import Registry
import TapeModel

extension ReplayMachine {
    /// What the tape's content implies, although nobody asked for it while it was recorded.
    func implied(_ question: Question) -> ReplayAnswer? {
        switch question.operation.endpoint {
        case .ping: return ping(question)
        case .blobGet, .blobHead:
            guard let digest = question.operation.digest, digest.isSHA256, isAllowed(question),
                holds(blob: digest.hex, question.authority, question.repository),
                let length = index.content.lengths[digest.hex]
            else { return nil }
            return blob(question, digest, length, .implied)
        case .storageGet, .storageHead, .unknown:
            guard question.request.method == "GET" || question.isHead,
                let sha256 = index.content.storagePlaces[TapeContent.place(question.url)],
                let digest = Digest("sha256:" + sha256), let length = index.content.lengths[sha256]
            else { return nil }
            return blob(question, digest, length, .implied)
        case .manifestGet, .manifestHead: return impliedManifest(question)
        case .tagsList:
            guard isAllowed(question), let known = known(question), !known.tags.isEmpty || !known.listed.isEmpty
            else { return nil }
            return tagsList(question, .implied)
        case .catalogList:
            guard options.isWritable, isAllowed(question) else { return nil }
            return catalog(question)
        case .referrersGet:
            guard isAllowed(question), let digest = question.operation.digest?.description,
                options.isWritable || known(question)?.referrers[digest] != nil
            else { return nil }
            return referrers(question, digest, .implied)
        default: return nil
        }
    }

    /// A registry that is there says so, unless it wants to know first who asks.
    private func ping(_ question: Question) -> ReplayAnswer? {
        guard isAllowed(question), options.isWritable || question.role == .registry || !index.hosts.isEmpty else {
            return nil
        }
        return ReplayAnswer(
            status: 200,
            fields: [
                AnswerField("Content-Type", "application/json"), AnswerField("Content-Length", "2"),
                AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
            ], body: [.octets(Array("{}".utf8))], origin: .implied)
    }

    private func impliedManifest(_ question: Question) -> ReplayAnswer? {
        guard let known = known(question), isAllowed(question), let reference = question.operation.reference else {
            return nil
        }
        let digest: String?
        switch reference {
        case .digest(let named): digest = named.description
        case .tag(let tag): digest = known.tags[tag]
        }
        guard let digest, holds(manifest: digest, question.authority, question.repository),
            let place = known.manifests[digest], let length = index.content.lengths[place.sha256],
            let body = StoredContent(index.content).pieces(place.sha256)
        else { return nil }
        return manifest(digest, type: place.mediaType, length: length, body: body, .implied)
    }

    /// `tags/list` in pages (distribution-spec, listing tags): in lexical order, `last` exclusive.
    func tagsList(_ question: Question, _ origin: ReplayAnswer.Origin) -> ReplayAnswer {
        let live = state.repository(question.authority, question.repository) ?? LiveState.Repository()
        let known = known(question)
        var tags = (known?.listed ?? []).union(known.map { Set($0.tags.keys) } ?? [])
        tags = tags.filter { tag in
            !live.deletedTags.contains(tag) && !(known?.tags[tag].map(live.deletedManifests.contains) ?? false)
        }
        tags.formUnion(live.tags.filter { !live.deletedManifests.contains($0.value) }.keys)
        return page(question, name: question.repository, member: "tags", Array(tags), origin)
    }

    private func catalog(_ question: Question) -> ReplayAnswer {
        var names: Set<String> = []
        for (place, live) in state.repositories where place.authority == question.authority {
            if !live.manifests.isEmpty || !live.blobs.isEmpty { names.insert(place.name) }
        }
        for (place, known) in index.content.repositories where place.authority == question.authority {
            if !known.manifests.isEmpty || !known.tags.isEmpty { names.insert(place.name) }
        }
        return page(question, name: nil, member: "repositories", Array(names), .live)
    }

    private func page(
        _ question: Question, name: String?, member: String, _ entries: [String], _ origin: ReplayAnswer.Origin
    ) -> ReplayAnswer {
        var entries = entries.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if let last = question.url[parameter: "last"], !last.isEmpty {
            entries.removeAll { !last.utf8.lexicographicallyPrecedes($0.utf8) }
        }
        var fields: [AnswerField] = []
        if let limit = question.url[parameter: "n"] {
            guard let limit = Int(limit), limit >= 0 else {
                return ErrorAnswer.make(
                    400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested", origin)
            }
            if entries.count > limit {
                entries = Array(entries.prefix(limit))
                if let last = entries.last {
                    let target = "\(question.url.path)?last=\(Self.encoded(last))&n=\(limit)"
                    fields.append(AnswerField("Link", "<\(HeaderText.safe(target))>; rel=\"next\""))
                }
            }
        }
        var members: [JSONValue.Member] = []
        if let name { members.append(.init("name", .string(name))) }
        members.append(.init(member, .array(entries.map(JSONValue.string))))
        return Self.json(.object(members), type: "application/json", origin, fields)
    }

    static func json(
        _ value: JSONValue, type: String, _ origin: ReplayAnswer.Origin, _ fields: [AnswerField] = []
    ) -> ReplayAnswer {
        let body = value.serialized
        return ReplayAnswer(
            status: 200,
            fields: [
                AnswerField("Content-Type", type), AnswerField("Content-Length", String(body.count)),
                AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
            ] + fields, body: [.octets(body)], origin: origin)
    }

    /// A value of a query (RFC 3986 §2.3): everything but unreserved characters is encoded.
    static func encoded(_ text: String) -> String {
        var result = ""
        for octet in text.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(octet))
            default:
                let digits = String(octet, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}
