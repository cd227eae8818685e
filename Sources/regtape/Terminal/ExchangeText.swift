import TapeModel

/// One exchange in full, in the form in which `curl -v` has taught people to read one.
enum ExchangeText {
    static func full(_ exchange: Exchange, bodyPath: (String) -> String?) -> String {
        var lines: [String] = []
        let stream = exchange.stream.map { ", stream \($0)" } ?? ""
        lines.append(
            "* exchange \(exchange.seq), connection \(exchange.connection)\(stream), \(exchange.started.timestamp)")
        let timing = exchange.timing
        lines.append(
            "* dns \(timing.dns), connect \(timing.connect), tls \(timing.tls), send \(timing.send), "
                + "wait \(timing.wait), receive \(timing.receive) microseconds")
        let request = exchange.request
        lines.append("> \(request.head.method) \(request.head.url) \(request.head.version)")
        lines += request.head.fields.map { "> \($0.name): \($0.value)" } + [">"]
        lines += body(request.body, bodyPath)
        lines += request.trailers.map { "> \($0.name): \($0.value)" }
        for head in exchange.interim { lines += self.head(head) }
        if let response = exchange.response {
            lines += head(response.head)
            lines += body(response.body, bodyPath)
            lines += response.trailers.map { "< \($0.name): \($0.value)" }
        }
        if let error = exchange.error {
            lines.append("* failed (\(error.party.rawValue), \(error.code)): \(error.detail)")
        }
        return lines.joined(separator: "\n")
    }

    /// The end of a connection, with what packets showed of it.
    static func end(_ end: ConnectionEnd) -> String {
        var lines: [String] = []
        for (side, counts) in [(Side.client, end.packets?.client), (.server, end.packets?.server)] {
            guard let counts else { continue }
            lines.append(
                "* packets of \(side.rawValue): \(counts.segments) segments, \(counts.retransmitted) retransmitted, "
                    + "\(counts.outOfOrder) out of order, \(counts.zeroWindows) zero windows, "
                    + "\(counts.missing) octets missing")
        }
        let error = end.error.map { " (\($0.party.rawValue), \($0.code)): \($0.detail)" } ?? ""
        lines.append("* closed by \(end.closedBy.rawValue)\(error)")
        return lines.joined(separator: "\n")
    }

    private static func head(_ head: ResponseHead) -> [String] {
        ["< \(head.version) \(head.status)\(head.reason.isEmpty ? "" : " " + head.reason)"]
            + head.fields.map { "< \($0.name): \($0.value)" } + ["<"]
    }

    private static func body(_ body: Body, _ path: (String) -> String?) -> [String] {
        guard body.length > 0 else { return [] }
        if let text = body.text {
            return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        switch body.stored {
        case .file, .partial:
            return ["* \(body.length) octets of content" + (body.sha256.flatMap(path).map { " in " + $0 } ?? "")]
        case .inline, .none?, nil:
            return ["* \(body.length) octets of content, not kept"]
        }
    }
}
