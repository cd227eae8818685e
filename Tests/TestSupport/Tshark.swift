import Foundation

/// What tshark says of the HTTP in a packet file: another reader of what we write.
public struct Tshark {
    /// One exchange, named by the comment on its first packet.
    public struct Seen: Hashable, Sendable, CustomStringConvertible {
        public var seq: Int64
        public var method: String
        /// Without scheme, and without characters beyond ASCII, which tshark shows in several ways.
        public var place: String
        public var status: Int?
        /// Lines of the header sections; pseudo-header fields are none.
        public var requestFields: Int
        public var responseFields: Int?
        /// When the first packets of request and answer were seen, in microseconds.
        public var started: Int64
        public var answered: Int64?

        public init(
            seq: Int64, method: String, url: String, status: Int?, requestFields: Int, responseFields: Int?,
            started: Int64, answered: Int64?
        ) {
            self.seq = seq
            self.method = method
            place = Tshark.place(url)
            self.status = status
            self.requestFields = requestFields
            self.responseFields = responseFields
            self.started = started
            self.answered = answered
        }

        public var description: String {
            "\(seq) \(method) \(place) \(status ?? 0) \(requestFields)/\(responseFields ?? 0) \(started) \(answered ?? 0)"
        }
    }

    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    /// The packets that it thinks odd: bad checksums, gaps, repetitions, and what it cannot read.
    public func complaints() async throws -> String {
        try await output([
            "-Y",
            "tcp.analysis.flags || _ws.malformed || tcp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\"",
        ])
    }

    /// How many packets `capinfos` counts.
    public func packetCount() async throws -> Int {
        let outcome = try await ChildProcess.run(
            try Program("capinfos").required(), ["-c", "-M", path], within: .seconds(60))
        guard outcome.succeeded, let count = outcome.outputText.split(separator: "\n").last?.split(separator: " ").last
        else { throw ChildProcess.Failure(description: "capinfos: \(outcome)") }
        return Int(count) ?? -1
    }

    /// Every exchange, in the order of its numbers.
    public func exchanges() async throws -> [Seen] {
        let columns = [
            "frame.comment", "frame.time_epoch", "tcp.stream", "http.request.method", "http.request.full_uri",
            "http.request.line", "http.response.code", "http.response.line", "http2.headers.method",
            "http2.request.full_uri", "http2.headers.status", "http2.header.count",
        ]
        let text = try await output(
            ["-Y", "http || http2 || frame.comment", "-T", "fields", "-E", "aggregator=\u{1F}", "-E", "occurrence=a"]
                + columns.flatMap { ["-e", $0] })
        var reading = Reading()
        for line in text.split(separator: "\n") {
            reading.take(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
        return reading.seen.values.sorted { $0.seq < $1.seq }
    }

    /// Octets of the DATA frames of every HTTP/2 stream, by direction and in no order.
    public func frameOctets() async throws -> [Int64] {
        let text = try await output(
            [
                "-Y", "http2", "-T", "fields", "-E", "aggregator=\u{1F}", "-e", "tcp.stream", "-e", "tcp.dstport", "-e",
                "http2.streamid", "-e", "http2.type", "-e", "http2.length",
            ])
        var sums: [String: Int64] = [:]
        for line in text.split(separator: "\n") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let values = columns.suffix(3).map { $0.split(separator: "\u{1F}").map(String.init) }
            for (index, kind) in values[1].enumerated() where kind == "0" {
                sums["\(columns[0]) \(columns[1]) \(values[0][index])", default: 0] += Int64(values[2][index]) ?? 0
            }
        }
        return sums.values.filter { $0 > 0 }.sorted()
    }

    /// SHA-256 of every body of HTTP/1 that it puts together, sorted.
    public func contents(in directory: String) async throws -> [String] {
        _ = try await output(["--export-objects", "http," + directory])
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        guard !names.isEmpty else { return [] }
        let outcome = try await ChildProcess.run(
            try Program("sha256sum").required(), ["--zero", "--"] + names, directory: directory, within: .seconds(60))
        return outcome.outputText.split(separator: "\0").map { String($0.prefix(64)) }.sorted()
    }

    static func place(_ url: String) -> String {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        return String(String.UnicodeScalarView(rest.unicodeScalars.filter { $0.isASCII }))
    }

    private func output(_ arguments: [String]) async throws -> String {
        let outcome = try await ChildProcess.run(
            try Program("tshark").required(),
            ["-n", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"] + arguments,
            environment: ["LC_ALL": "C.UTF-8"], within: .seconds(120))
        guard outcome.succeeded else { throw ChildProcess.Failure(description: "tshark: \(outcome)") }
        return outcome.outputText
    }
}

/// Puts rows of tshark together: HTTP/1 is shown where a message ends, its comment stands where it begins.
private struct Reading {
    var seen: [Int64: Tshark.Seen] = [:]
    private var asked: [String: [(seq: Int64, time: Int64)]] = [:]
    private var answered: [String: [(seq: Int64, time: Int64)]] = [:]

    mutating func take(_ row: [String]) {
        guard row.count == 12 else { return }
        let time = Int64(row[1].filter { $0 != "." }).map { $0 / 1000 } ?? 0
        let stream = row[2]
        let name = row[0].split(separator: "\u{1F}").first { $0.hasPrefix("exchange ") }
        let words = name?.dropFirst("exchange ".count).split(separator: ",") ?? []
        let seq = words.first.flatMap { Int64($0) }
        if let seq {
            if words.count == 1 { asked[stream, default: []].append((seq, time)) }
            if words.last == " answer" { answered[stream, default: []].append((seq, time)) }
        }
        if let seq, !row[8].isEmpty {
            seen[seq] = Tshark.Seen(
                seq: seq, method: row[8], url: row[9], status: nil, requestFields: (Int(first(row[11])) ?? 0) - 4,
                responseFields: nil, started: time, answered: nil)
        }
        if let seq, words.last == " answer", !row[10].isEmpty {
            answer(seq, Int(row[10]), (Int(first(row[11])) ?? 0) - 1, time)
        }
        for (index, method) in values(row[3]).enumerated() {
            guard asked[stream]?.isEmpty == false, let next = asked[stream]?.removeFirst() else { continue }
            let urls = values(row[4])
            seen[next.seq] = Tshark.Seen(
                seq: next.seq, method: method, url: index < urls.count ? urls[index] : "", status: nil,
                requestFields: values(row[5]).count, responseFields: nil, started: next.time, answered: nil)
        }
        for status in values(row[6]) where !status.hasPrefix("1") {
            guard answered[stream]?.isEmpty == false, let next = answered[stream]?.removeFirst() else { continue }
            answer(next.seq, Int(status), values(row[7]).count, next.time)
        }
    }

    private mutating func answer(_ seq: Int64, _ status: Int?, _ fields: Int, _ time: Int64) {
        seen[seq]?.status = status
        seen[seq]?.responseFields = fields
        seen[seq]?.answered = time
    }

    private func values(_ text: String) -> [String] { text.split(separator: "\u{1F}").map(String.init) }

    private func first(_ text: String) -> String { values(text).first ?? "" }
}
