import Registry
import TapeModel

extension ReplayMachine {
    /// Answers the requests of an upload; see `UploadTable`.
    mutating func upload(_ question: Question) -> ReplayDecision {
        let step = recordedStep(question)
        if let refusal = step.flatMap({ self.refusal($0, question) }) { return .answer(refusal) }
        guard isAllowed(question) else { return .answer(challenge(question) ?? denied(question)) }
        switch question.operation.endpoint {
        case .uploadStart: return .answer(start(question))
        // A registry that did not mount, then, does not now: the client's upload is what was recorded.
        case .uploadMount: return .answer(step?.status == 202 ? start(question) : mount(question))
        case .uploadPost: return post(question)
        case .uploadPatch, .uploadPut: return write(question)
        case .uploadStatus: return .answer(status(question))
        default: return .answer(cancel(question))
        }
    }

    /// What the tape has for this step of a push, which counts as used with that.
    mutating func recordedStep(_ question: Question) -> RecordedAnswer? {
        guard let slot = index.slotOf[question.key], let answer = current(slot) else { return nil }
        advance(slot)
        return answer
    }

    /// A recorded answer that was no success; a success is played live, with ids and lengths of its own.
    ///
    /// A writable replay refuses nobody but those who showed no credentials.
    func refusal(_ recorded: RecordedAnswer, _ question: Question) -> ReplayAnswer? {
        guard !recorded.isSuccess, !options.isWritable || recorded.status == 401 && question.scheme.isEmpty else {
            return nil
        }
        return RecordedReply(index: index, timing: options.timing).answer(recorded, question)
    }

    func denied(_ question: Question) -> ReplayAnswer {
        ErrorAnswer.make(403, "DENIED", "requested access to the resource is denied", .implied)
    }

    /// Whether the tape shows a push to the repository, or anything may be pushed.
    private func takes(_ question: Question) -> Bool {
        options.isWritable
            || index.content.pushed[.init(authority: question.authority, name: question.repository)] != nil
    }

    private static let readOnly = "the tape shows no such push; --writable takes any"

    private mutating func start(_ question: Question) -> ReplayAnswer {
        guard takes(question) else { return miss(question, reason: Self.readOnly) }
        let id = begin(question)
        return accepted(question, id)
    }

    private mutating func begin(_ question: Question) -> UploadID {
        let (id, dropped) = uploads.begin(question.authority, question.repository)
        if let dropped { owed.append(.discard(dropped)) }
        return id
    }

    /// 202: the upload goes on at the location.
    private func accepted(_ question: Question, _ id: UploadID, status: Int = 202) -> ReplayAnswer {
        guard let upload = uploads[id] else { return unknown() }
        return ReplayAnswer(
            status: status,
            fields: [
                AnswerField("Content-Length", "0"), AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
                AnswerField("Docker-Upload-Uuid", upload.uuid),
                location(question, "blobs/uploads/\(upload.uuid)"), AnswerField("Range", Self.range(upload.offset)),
            ], origin: .live)
    }

    /// `0-0` for nothing, as distribution has it.
    private static func range(_ offset: Int64) -> String { "0-\(max(0, offset - 1))" }

    /// A location within the repository: relative where the tape's were, else with the tape's host.
    func location(_ question: Question, _ rest: String) -> AnswerField {
        let name = question.repository.split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/")
        let path = "/v2/\(name)/\(rest)"
        if index.content.relativeHosts.contains(question.authority) { return AnswerField("Location", path) }
        return AnswerField(
            "Location", parts: [.url("\(question.url.scheme)://\(HeaderText.safe(question.url.authority))\(path)")])
    }

    private mutating func mount(_ question: Question) -> ReplayAnswer {
        guard let digest = question.operation.digest, digest.isSHA256, let source = question.operation.mountFrom,
            holds(blob: digest.hex, question.authority, source),
            options.isWritable || index.content.hasPushed(question.authority, question.repository, digest.description),
            mayRead(question, source)
        else { return start(question) }
        let length =
            state.repository(question.authority, source)?.blobs[digest.hex] ?? index.content.lengths[digest.hex] ?? 0
        return created(question, digest, effects: [change(question, .blob(sha256: digest.hex, length: length))])
    }

    private func mayRead(_ question: Question, _ repository: String) -> Bool {
        var other = question
        other.operation.repository = repository
        other.operation.endpoint = .blobGet
        return isAllowed(other)
    }

    private func created(_ question: Question, _ digest: Digest, effects: [ReplayEffect]) -> ReplayAnswer {
        ReplayAnswer(
            status: 201,
            fields: [
                AnswerField("Content-Length", "0"), AnswerField("Docker-Content-Digest", digest.description),
                AnswerField("Docker-Distribution-Api-Version", "registry/2.0"),
                location(question, "blobs/\(digest)"),
            ], origin: .live, effects: effects)
    }

    private mutating func post(_ question: Question) -> ReplayDecision {
        guard takes(question) else { return .answer(miss(question, reason: Self.readOnly)) }
        guard let digest = question.operation.digest, digest.isSHA256 else { return .answer(Self.badDigest) }
        let id = begin(question)
        return receive(question, id, keeps: keeps(digest))
    }

    /// What the tape has already need not be kept again.
    private func keeps(_ digest: Digest) -> Bool { !index.content.holds(digest.hex) }

    private static let badDigest = ErrorAnswer.make(
        400, "DIGEST_INVALID", "provided digest did not match uploaded content", .live)

    private mutating func write(_ question: Question) -> ReplayDecision {
        let id = uploads.id(question.operation.uploadSession, question.authority, question.repository)
        if question.operation.endpoint == .uploadPut, id != nil, question.operation.digest?.isSHA256 != true {
            return .answer(Self.badDigest)
        }
        return receive(question, id, keeps: true)
    }

    private mutating func receive(_ question: Question, _ id: UploadID?, keeps: Bool) -> ReplayDecision {
        let waiting = wait(question, id)
        do {
            let offset = try uploads.receive(id, at: question.operation.range, request: waiting.number)
            guard let id else { return .answer(unknown()) }
            if question.request.fields.first("content-range") != nil, question.operation.range == nil {
                _ = uploads.received(id, request: waiting.number, length: 0)
                return .answer(outOfOrder(question, id, offset))
            }
            return .needsBody(.upload(id, offset: offset, keeps: keeps), waiting)
        } catch {
            switch error {
            case .unknown: return .answer(unknown())
            case .busy(let offset), .outOfOrder(let offset): return .answer(outOfOrder(question, id, offset))
            }
        }
    }

    private func unknown() -> ReplayAnswer {
        ErrorAnswer.make(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", .live)
    }

    /// 416 tells where the upload is (distribution-spec, pushing a blob in chunks).
    private func outOfOrder(_ question: Question, _ id: UploadID?, _ offset: Int64) -> ReplayAnswer {
        let uuid = id.flatMap { uploads[$0]?.uuid } ?? ""
        return ErrorAnswer.make(
            416, "RANGE_INVALID", "the chunk does not begin where the upload ends", .live,
            fields: [
                location(question, "blobs/uploads/\(uuid)"), AnswerField("Range", Self.range(offset)),
                AnswerField("Docker-Upload-Uuid", uuid),
            ])
    }

    /// The body of a PATCH, PUT or POST is where it belongs.
    mutating func received(_ question: Question, _ id: UploadID, _ number: Int, _ body: ReceivedBody) -> ReplayAnswer {
        let length: Int64
        let whole: String?
        switch body {
        case .upload(let octets, let sha256): (length, whole) = (octets, sha256)
        case .broken(let octets): (length, whole) = (octets, nil)
        case .memory, .tooLong: (length, whole) = (0, nil)
        }
        guard let upload = uploads.received(id, request: number, length: length) else {
            // Cancelled by another request while this one was sending.
            var answer = unknown()
            if uploads[id] == nil { answer.effects = [.discard(id)] }
            return answer
        }
        guard let sha256 = whole else {
            var answer = ErrorAnswer.make(400, "BLOB_UPLOAD_INVALID", "the body broke off", .live)
            // Nobody was told where a single POST's upload is.
            if question.operation.endpoint == .uploadPost {
                uploads.end(id)
                answer.effects = [.discard(id)]
            }
            return answer
        }
        if let promised = upload.promised, promised != length {
            // More or fewer octets than the range says cannot be taken back: the upload is spoilt.
            uploads.end(id)
            var answer = ErrorAnswer.make(
                400, "SIZE_INVALID", "Content-Range promised \(promised) octets, \(length) came", .live)
            answer.effects = [.discard(id)]
            return answer
        }
        if question.operation.endpoint == .uploadPatch { return accepted(question, id) }
        return complete(question, id, upload, sha256)
    }

    private mutating func complete(
        _ question: Question, _ id: UploadID, _ upload: UploadTable.Upload, _ sha256: String
    ) -> ReplayAnswer {
        uploads.end(id)
        guard let digest = question.operation.digest, digest.isSHA256, digest.hex == sha256 else {
            var answer = Self.badDigest
            answer.effects = [.discard(id)]
            return answer
        }
        guard options.isWritable || isOnTape(question, digest) else {
            var answer = miss(question, reason: Self.readOnly)
            answer.effects = [.discard(id)]
            return answer
        }
        let record = change(question, .blob(sha256: sha256, length: upload.offset))
        if index.content.holds(sha256) { return created(question, digest, effects: [.discard(id), record]) }
        state.keep(sha256)
        return created(question, digest, effects: [.keep(id, sha256: sha256), record])
    }

    /// Whether the tape shows the repository getting this blob.
    private func isOnTape(_ question: Question, _ digest: Digest) -> Bool {
        index.content.hasPushed(question.authority, question.repository, digest.description)
            || known(question)?.blobs.contains(digest.hex) == true
    }

    private func status(_ question: Question) -> ReplayAnswer {
        guard let id = uploads.id(question.operation.uploadSession, question.authority, question.repository) else {
            return unknown()
        }
        return accepted(question, id, status: 204)
    }

    private mutating func cancel(_ question: Question) -> ReplayAnswer {
        guard let id = uploads.id(question.operation.uploadSession, question.authority, question.repository) else {
            return unknown()
        }
        uploads.end(id)
        return ReplayAnswer(
            status: 204, fields: [AnswerField("Docker-Distribution-Api-Version", "registry/2.0")], origin: .live,
            effects: [.discard(id)])
    }
}
