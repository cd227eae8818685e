import Foundation
import TapeModel
import TestSupport
import Testing

/// Over the captures in `fixtures/pcaps`, method, URL, status, number of fields and length of content agree with tshark's
/// on every exchange.
struct ThirdWitnessTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: ["http1-plain.pcap", "http1-tls12.pcap", "http2-tls13.pcapng", "skopeo.pcapng.gz"])
    func `tshark and regtape see the same exchanges`(capture: String) async throws {
        let file = RepositoryRoot.path("fixtures/pcaps/" + capture)
        let keys = RepositoryRoot.path("fixtures/pcaps/http1-tls12.keys")
        let tape = directory.entry("captured.tape")
        let outcome = try await ChildProcess.run(
            Recording.binary, ["capture", "--read", file, "--keylog", keys, "--tape", tape])
        #expect(outcome.succeeded, "\(outcome)")
        let exchanges = try Recording.exchanges(of: tape)
        #expect(exchanges.count >= 5)
        #expect(exchanges.allSatisfy { $0.error == nil })
        let ours = exchanges.map { exchange in
            Statement(
                method: exchange.request.head.method, url: exchange.request.head.url,
                fields: exchange.request.head.fields.count, sent: exchange.request.body.length,
                status: exchange.response?.head.status ?? 0, answerFields: exchange.response?.head.fields.count ?? 0,
                received: exchange.response?.body.length ?? 0)
        }
        let theirs = try await Tshark(file: file, keys: keys).statements()
        // Values are redacted on the tape, and so are parts of some URLs: where they stand is compared, not what they were.
        #expect(ours.map(\.description).sorted() == theirs.map(\.description).sorted())
    }
}

/// One exchange as two programs can agree on it.
private struct Statement: CustomStringConvertible {
    var method: String
    var url: String
    var fields: Int
    var sent: Int64 = 0
    var status = 0
    var answerFields = 0
    var received: Int64 = 0

    var description: String {
        let place = url.split(separator: "?", maxSplits: 1).first.map(String.init) ?? url
        return "\(method) \(place), \(fields) fields, \(sent) octets: "
            + "\(status), \(answerFields) fields, \(received) octets"
    }
}

/// What tshark makes of a capture.
private struct Tshark {
    let file: String
    let keys: String

    func statements() async throws -> [Statement] {
        let outcome = try await ChildProcess.run(
            try Program("tshark").required(),
            [
                "-r", file, "-o", "tls.keylog_file:" + keys, "-2", "-Y", "http or http2", "-T", "json",
                "--no-duplicate-keys",
            ], within: .seconds(60))
        #expect(outcome.succeeded, "\(outcome.errorText)")
        var exchanges: [String: Statement] = [:]
        var counts: [String: (requests: Int, answers: Int)] = [:]
        for packet in try JSONValue(parsing: outcome.output).array ?? [] {
            guard let layers = packet["_source"]?["layers"], let stream = layers["tcp"]?["tcp.stream"]?.string else {
                continue
            }
            let port = Int(layers["tcp"]?["tcp.dstport"]?.string ?? "") ?? 0
            for message in Self.list(layers["http"]) {
                read(message, stream, &exchanges, &counts)
            }
            for layer in Self.list(layers["http2"]) {
                for frame in Self.list(layer["http2.stream"]) {
                    read(frame: frame, stream, isFromClient: port < 32_768, &exchanges)
                }
            }
        }
        return exchanges.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Messages of HTTP/1 answer each other in their order.
    private func read(
        _ message: JSONValue, _ stream: String, _ exchanges: inout [String: Statement],
        _ counts: inout [String: (requests: Int, answers: Int)]
    ) {
        let declared = Self.all("http.content_length", in: message).first.flatMap(Int64.init)
        let chunks = Self.all("http.chunk_size", in: message).compactMap(Int64.init).reduce(0, +)
        if let method = Self.all("http.request.method", in: message).first {
            let number = counts[stream, default: (0, 0)].requests
            counts[stream, default: (0, 0)].requests += 1
            exchanges["\(stream)/\(number)"] = Statement(
                method: method, url: Self.all("http.request.full_uri", in: message).first ?? "",
                fields: Self.all("http.request.line", in: message).count, sent: declared ?? chunks)
        } else if let status = Self.all("http.response.code", in: message).first.flatMap({ Int($0) }), status >= 200 {
            let key = "\(stream)/\(counts[stream, default: (0, 0)].answers)"
            counts[stream, default: (0, 0)].answers += 1
            exchanges[key]?.status = status
            exchanges[key]?.answerFields = Self.all("http.response.line", in: message).count
            let isHead = exchanges[key]?.method == "HEAD"
            exchanges[key]?.received = isHead ? 0 : declared ?? chunks
        }
    }

    private func read(
        frame: JSONValue, _ stream: String, isFromClient: Bool, _ exchanges: inout [String: Statement]
    ) {
        let key = "\(stream)/\(frame["http2.streamid"]?.string ?? "")"
        let names = Self.all("http2.header.name", in: frame)
        let values = Dictionary(
            zip(names, Self.all("http2.header.value", in: frame)), uniquingKeysWith: { first, _ in first })
        let fields = names.count { !$0.hasPrefix(":") }
        if let method = values[":method"] {
            let url = "\(values[":scheme"] ?? "")://\(values[":authority"] ?? "")\(values[":path"] ?? "")"
            exchanges[key] = Statement(method: method, url: url, fields: fields)
        } else if let status = values[":status"].flatMap({ Int($0) }), status >= 200 {
            exchanges[key]?.status = status
            exchanges[key]?.answerFields = fields
        }
        guard frame["http2.type"]?.string == "0" else { return }
        let length = Int64(frame["http2.length"]?.string ?? "") ?? 0
        if isFromClient { exchanges[key]?.sent += length } else { exchanges[key]?.received += length }
    }

    private static func list(_ value: JSONValue?) -> [JSONValue] {
        guard let value else { return [] }
        return value.array ?? [value]
    }

    /// The texts of every member called `name`, however deep.
    private static func all(_ name: String, in value: JSONValue) -> [String] {
        switch value {
        case .object(let members):
            members.flatMap { member in
                if member.name == name, let text = member.value.string { return [text] }
                if member.name == name, let texts = member.value.array?.compactMap(\.string) { return texts }
                return all(name, in: member.value)
            }
        case .array(let elements): elements.flatMap { all(name, in: $0) }
        case .null, .bool, .number, .string: []
        }
    }
}
