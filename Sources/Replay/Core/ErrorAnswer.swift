import TapeModel

/// Errors in the form of the distribution specification (error codes).
enum ErrorAnswer {
    static func make(
        _ status: Int, _ code: String, _ message: String, _ origin: ReplayAnswer.Origin, detail: JSONValue = .null,
        fields: [AnswerField] = []
    ) -> ReplayAnswer {
        let body = JSONValue.object([
            .init(
                "errors",
                .array([
                    .object([
                        .init("code", .string(code)), .init("message", .string(message)), .init("detail", detail),
                    ])
                ]))
        ]).serialized
        return ReplayAnswer(
            status: status,
            fields: [
                AnswerField("Content-Type", "application/json"), AnswerField("Content-Length", String(body.count)),
            ] + fields, body: [.octets(body)], origin: origin)
    }
}
