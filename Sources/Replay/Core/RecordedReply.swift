import Registry
import TapeModel

/// Turns an answer of the tape into one of now.
struct RecordedReply {
    let index: ReplayIndex
    let timing: Double?

    /// Nothing where the tape does not have the octets that the answer needs.
    ///
    /// `isImplied` says that the question is another than the recorded one: a HEAD where a GET was recorded.
    func answer(_ recorded: RecordedAnswer, _ question: Question, fromGet isImplied: Bool = false) -> ReplayAnswer? {
        let shift = TimeShift(from: recorded.moment, to: question.now)
        let writer = FieldWriter(shift: shift, keepsURLs: index.matching == .exact)
        var answer = ReplayAnswer(
            status: recorded.status, origin: isImplied ? .implied : .recorded(recorded.seq))
        answer.fields = recorded.fields.filter { !$0.name.equalsIgnoringASCIICase("content-length") }.map(writer.field)
        answer.delivery = delivery(recorded)
        if recorded.ending == .reset { return answer }
        answer.interim = recorded.interim.map { .init(status: $0.status, fields: $0.fields.map(writer.field)) }
        if recorded.ending == .complete { answer.trailers = recorded.trailers.map(writer.field) }
        let length: Int64?
        if question.isHead, !isImplied {
            // A HEAD has no body; its length is what it says.
            length = recorded.fields.first("content-length").flatMap { Int64($0) }
        } else {
            guard let body = pieces(recorded, question) else { return nil }
            answer.body = body
            length =
                recorded.ending == .cut ? recorded.fields.first("content-length").flatMap { Int64($0) } : answer.length
        }
        if let length, length >= 0 { answer.fields.append(AnswerField("Content-Length", String(length))) }
        return answer
    }

    private func delivery(_ recorded: RecordedAnswer) -> Delivery {
        var delivery = Delivery()
        delivery.ending = recorded.ending
        guard let timing, timing > 0, timing.isFinite else { return delivery }
        delivery.delay = Self.microseconds(Double(recorded.wait) * timing)
        let receive = Double(recorded.receive) * timing
        if case .stored(_, let length?) = recorded.body, receive > 1_000, length > 65_536 {
            delivery.bandwidth = max(1, Self.microseconds(Double(length) / receive * 1_000_000))
        }
        return delivery
    }

    /// No more than a day, whatever a tape claims.
    private static func microseconds(_ value: Double) -> Int64 {
        guard value.isFinite, value > 0 else { return 0 }
        return Int64(min(value, 86_400_000_000))
    }

    private func pieces(_ recorded: RecordedAnswer, _ question: Question) -> [BodyPiece]? {
        switch recorded.body {
        case .empty: return []
        case .stored(let sha256, let length):
            guard let octets = index.content.octets(sha256) else {
                guard !index.content.lost.contains(sha256) else { return nil }
                return [.stored(StoredPiece(sha256: sha256, length: length))]
            }
            if question.operation.endpoint.isToken, recorded.status == 200,
                let fresh = TokenMint.answer(
                    octets, by: TimeShift(from: recorded.moment, to: question.now), scopes: nil)
            {
                return [.octets(fresh)]
            }
            return [.octets(octets)]
        case .missing:
            // The same content may have crossed the wire another time.
            guard recorded.status == 200, let digest = question.operation.digest, digest.isSHA256,
                let piece = StoredContent(index.content).pieces(digest.hex)
            else { return nil }
            return piece
        }
    }
}

/// Contents by digest, whole and in ranges.
struct StoredContent {
    let content: TapeContent

    init(_ content: TapeContent) { self.content = content }

    /// Nothing where the tape does not have it unchanged.
    func pieces(_ sha256: String) -> [BodyPiece]? {
        guard let length = content.lengths[sha256] else { return nil }
        if let octets = content.octets(sha256) { return [.octets(octets)] }
        return [.stored(StoredPiece(sha256: sha256, length: length))]
    }
}
