public import TapeModel

/// Exchanges written down as text: what `curl -v` prints, and what `regtape show TAPE --seq N` prints.
///
/// One exchange after another, `>` before what the client sent, `<` before what the server sent, `*` before what was
/// noted beside it; everything else is content of the message above it:
///
///     * Connected to registry.example (192.0.2.1) port 443
///     * SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
///     > GET /v2/app/manifests/v1 HTTP/1.1
///     > Host: registry.example
///     >
///     < HTTP/1.1 404 Not Found
///     < Content-Type: application/json
///     <
///     {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}
///
/// Notes that mean something are those of `TranscriptNote`; others are passed over, and so are progress meters. Where
/// no time is said, exchanges follow one another by 100 ms and take none, from the `Date` of the first answer and never
/// before that of their own, or else from 2026-01-01T00:00:00Z. `--trace-time` is taken for UTC. A target that is a
/// path is completed by `Host` and by the connection: https where TLS was noted, where the port is 443 and where no
/// connection was noted at all.
public struct Transcript: Sendable {
    public struct Entry: Sendable, Hashable {
        /// Its place among the records: as the text says (`* exchange 7, …`), or one more than the one before.
        public var seq: Int64
        /// The line of the text on which it begins, from 1.
        public var line: Int
        public var record: TapeRecord
    }

    public var entries: [Entry]

    public var records: [TapeRecord] { entries.map(\.record) }

    /// Reads a transcript.
    ///
    /// - Throws: `TranscriptError` with the number of the first line that is none of one.
    public init(parsing text: String) throws(TranscriptError) {
        // By octets: to Swift a carriage return and a line feed are one character, and not a line feed.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var assembler = TranscriptAssembler(beginning: Self.beginning(of: lines))
        var number = 0
        for octets in lines {
            number += 1
            for line in TranscriptLine.lines(in: Substring(octets)) { try assembler.handle(line, number: number) }
        }
        entries = try assembler.finish(number: number)
    }

    /// The time that a note tells before the first request, or else the first answer; 2026-01-01T00:00:00Z where none does.
    private static func beginning(of lines: [Substring.UTF8View]) -> Instant {
        let epoch = Instant(microseconds: 1_767_225_600_000_000)
        var isRequested = false
        for octets in lines {
            guard let line = TranscriptLine.lines(in: Substring(octets)).last else { continue }
            switch line.kind {
            case .request: isRequested = true
            case .note(let text):
                switch try? TranscriptNote(text) {
                case .at(let instant), .exchange(_, _, _, let instant): return isRequested ? epoch : instant
                default: continue
                }
            case .response(let text) where text.lowercased().hasPrefix("date:"):
                if let date = Instant(httpDate: String(text.dropFirst("date:".count))) { return date }
            case .response, .text, .nothing: continue
            }
        }
        return epoch
    }
}

/// Why a text is no transcript.
public struct TranscriptError: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// What is wrong there, as the end of a sentence.
    public var detail: String

    public var description: String { "line \(line): \(detail)" }
}
