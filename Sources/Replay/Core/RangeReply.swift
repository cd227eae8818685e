import TapeModel

/// Cuts a whole answer down to the ranges that a request asks for (RFC 9110 §14).
enum RangeReply {
    /// The answer itself where no range applies to it.
    static func cut(_ answer: ReplayAnswer, _ request: ReplayRequest) -> ReplayAnswer {
        guard request.method == "GET", answer.status == 200, answer.delivery.ending == .complete,
            let field = request.fields.first("range"), let length = answer.length,
            answer.fields.contains(where: { $0.name.equalsIgnoringASCIICase("content-encoding") }) == false,
            holdsCondition(answer, request)
        else { return answer }
        switch ByteRanges(field, length: length) {
        case .whole: return answer
        case .unsatisfiable:
            var refusal = answer
            refusal.trailers = []
            refusal.status = 416
            refusal.body = []
            set(&refusal, "Content-Range", "bytes */\(length)")
            set(&refusal, "Content-Length", "0")
            return refusal
        case .ranges(let ranges):
            var part = answer
            // They speak of the whole content.
            part.trailers = []
            part.status = 206
            if ranges.count == 1, let range = ranges.first {
                part.body = pieces(answer.body, range)
                set(&part, "Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)")
            } else {
                part.body = multipart(answer, ranges, length)
                set(&part, "Content-Type", "multipart/byteranges; boundary=\(boundary)")
            }
            set(&part, "Content-Length", part.length.map { String($0) } ?? "0")
            return part
        }
    }

    /// `If-Range` wants the whole where the content is another than the client thinks (RFC 9110 §13.1.5).
    private static func holdsCondition(_ answer: ReplayAnswer, _ request: ReplayRequest) -> Bool {
        guard let condition = request.fields.first("if-range") else { return true }
        return condition == answer.first("etag") || condition == answer.first("last-modified")
    }

    private static func multipart(_ answer: ReplayAnswer, _ ranges: [Range<Int64>], _ length: Int64) -> [BodyPiece] {
        let type = answer.first("content-type") ?? "application/octet-stream"
        var body: [BodyPiece] = []
        for range in ranges {
            let head =
                "\r\n--\(boundary)\r\nContent-Type: \(type)\r\nContent-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)\r\n\r\n"
            body.append(.octets(Array(head.utf8)))
            body += pieces(answer.body, range)
        }
        body.append(.octets(Array("\r\n--\(boundary)--\r\n".utf8)))
        return body
    }

    /// Long enough that no layer holds it by chance.
    private static let boundary = "regtape-9d1f0c53a7e84b26b1c06e5f2d7a3948"

    /// The octets of `range`, which lies within the body.
    static func pieces(_ body: [BodyPiece], _ range: Range<Int64>) -> [BodyPiece] {
        var result: [BodyPiece] = []
        var start: Int64 = 0
        for piece in body {
            let length = piece.length ?? 0
            let from = max(range.lowerBound, start) - start
            let to = min(range.upperBound, start + length) - start
            if from < to {
                switch piece {
                case .octets(let octets): result.append(.octets(Array(octets[Int(from)..<Int(to)])))
                case .stored(let stored):
                    result.append(
                        .stored(
                            StoredPiece(sha256: stored.sha256, offset: stored.offset + from, length: to - from)))
                }
            }
            start += length
        }
        return result
    }

    private static func set(_ answer: inout ReplayAnswer, _ name: String, _ value: String) {
        answer.fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
        answer.fields.append(AnswerField(name, value))
    }
}
