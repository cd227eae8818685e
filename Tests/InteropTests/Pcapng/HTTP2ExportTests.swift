import Interop
import TapeModel
import TestSupport
import Testing

/// HTTP/2 with prior knowledge: frames as RFC 9113 has them, streams side by side as they were.
struct HTTP2ExportTests {
    private struct Frame: Equatable {
        var kind: UInt8
        var flags: UInt8
        var stream: Int
        var payload: [UInt8]
    }

    private func frames(_ octets: ArraySlice<UInt8>) throws -> [Frame] {
        var rest = octets
        var frames: [Frame] = []
        while !rest.isEmpty {
            let head = Array(rest.prefix(9))
            try #require(head.count == 9)
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let stream = head[5...].reduce(0) { $0 << 8 | Int($1) }
            frames.append(
                Frame(kind: head[3], flags: head[4], stream: stream, payload: Array(rest.dropFirst(9).prefix(length))))
            try #require(frames.last?.payload.count == length && length <= 16_384)
            rest = rest.dropFirst(9 + length)
        }
        return frames
    }

    /// Literals without indexing and without Huffman code, nothing else.
    private func fields(_ frame: Frame) throws -> [String] {
        var rest = frame.payload[...]
        func text() throws -> String {
            let first = rest.popFirst()
            var length = Int(try #require(first))
            if length == 127 {
                var shift = 0
                while let octet = rest.popFirst() {
                    length += Int(octet & 127) << shift
                    shift += 7
                    if octet < 128 { break }
                }
            }
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self)
        }
        var fields: [String] = []
        while let first = rest.popFirst() {
            try #require(first == 0)
            fields.append(try text() + ": " + text())
        }
        return fields
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    @Test func `streams that were open at once are written at once`() throws {
        let content = [UInt8](repeating: 7, count: 40_000)
        let hex = String(repeating: "cd", count: 32)
        let long = String(repeating: "v", count: 300)
        func exchange(_ seq: Int64, _ offset: Int64, _ stream: Int) -> TapeRecord {
            .exchange(
                PcapngExportTests.exchange(
                    seq, at: offset, stream: stream, path: "/v2/\(seq)", requestFields: [FieldLine("X-Long", long)],
                    fields: [FieldLine("Content-Length", "40000")],
                    body: Body(length: 40_000, sha256: hex, stored: .file)))
        }
        let (file, losses) = try PcapngExportTests.export(
            [.connection(PcapngExportTests.connection()), exchange(5, 10_000, 1), exchange(6, 12_000, 3)],
            files: [hex: content])
        let stream = file.streams()[0]
        #expect(stream.client.starts(with: Self.preface))
        let asked = try frames(stream.client.dropFirst(24)).filter { $0.stream > 0 }
        #expect(asked.map(\.stream) == [1, 3] && asked.allSatisfy { $0.kind == 1 && $0.flags == 5 })
        #expect(
            try fields(asked[1]) == [
                ":method: GET", ":scheme: https", ":authority: registry.example", ":path: /v2/6", "x-long: " + long,
            ])
        let answered = try frames(stream.server[...]).filter { $0.stream > 0 }
        #expect(answered.map(\.stream) == [1, 1, 3, 1, 3, 1, 3, 3], "\(answered.map(\.stream))")
        #expect(answered.filter { $0.kind == 0 && $0.stream == 3 }.flatMap(\.payload) == content)
        #expect(answered.map(\.flags) == [4, 0, 4, 0, 0, 1, 0, 1])
        #expect(losses.changedFraming == 0)
    }

    @Test func `trailers end a stream, a reset ends a failed one, and a lost connection ends none`() throws {
        func failure(_ code: String, _ party: Party) -> ExchangeError {
            ExchangeError(party: party, code: code, detail: "So it was.")
        }
        let partial = Body(length: 3, stored: .partial, text: "abc")
        let (file, _) = try PcapngExportTests.export([
            .connection(PcapngExportTests.connection()),
            .exchange(
                PcapngExportTests.exchange(
                    1, at: 10_000, stream: 1, fields: [], body: Body(length: 2, stored: .inline, text: "hi"),
                    trailers: [FieldLine("X-Sum", "1")])),
            .exchange(
                PcapngExportTests.exchange(
                    2, at: 30_000, stream: 3, fields: [], body: partial, error: failure("stream-reset", .registry))),
            .exchange(
                PcapngExportTests.exchange(
                    3, at: 50_000, stream: 5, status: nil, error: failure("stream-reset", .client))),
            .exchange(
                PcapngExportTests.exchange(
                    4, at: 70_000, stream: 7, fields: [], body: partial, error: failure("connection-reset", .network))),
        ])
        let stream = file.streams()[0]
        let answered = try frames(stream.server[...]).filter { $0.stream > 0 }
        #expect(answered.map(\.kind) == [1, 0, 1, 1, 0, 3, 1, 0])
        #expect(answered.map(\.flags) == [4, 0, 5, 4, 0, 0, 4, 0])
        #expect(answered[5].payload == [0, 0, 0, 2])
        let asked = try frames(stream.client.dropFirst(24)).filter { $0.stream > 0 }
        #expect(asked.map(\.kind) == [1, 1, 1, 3, 1])
        #expect(asked[3] == Frame(kind: 3, flags: 0, stream: 5, payload: [0, 0, 0, 8]))
    }

    @Test func `stream identifiers that cannot be are given anew`() throws {
        let (file, _) = try PcapngExportTests.export([
            .exchange(PcapngExportTests.exchange(1, at: 10_000, stream: 4)),
            .exchange(PcapngExportTests.exchange(2, at: 30_000, stream: 4)),
        ])
        #expect(try frames(file.streams()[0].client.dropFirst(24)).map(\.stream).filter { $0 > 0 } == [1, 3])
    }
}
