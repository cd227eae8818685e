import Glibc
import TapeStore

/// What a person named as a trace, told by what it is and not by what it is called.
enum TraceSource: Hashable {
    /// The directory of a tape.
    case tape(directory: String)
    /// A log that `curl -v` or `show --seq` printed.
    case transcript(path: String)

    /// Looks at `path`.
    /// - Throws: `ExitStatus.Failure` with what it is instead, where it cannot be read as a trace.
    init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Self.unreadable("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard access(path + "/tape.jsonl", F_OK) == 0 else {
                throw Self.unreadable("\(path) is a directory without a tape.jsonl, so it is no tape")
            }
            self = .tape(directory: path)
            return
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Self.unreadable("\(path) is neither a directory nor a file; give the directory of a tape")
        }
        if path == "tape.jsonl" || path.hasSuffix("/tape.jsonl") {
            let directory = path.dropLast("tape.jsonl".count)
            self = .tape(directory: directory.isEmpty ? "." : String(directory))
            return
        }
        guard ForeignFile.isTranscript(path) else {
            throw Self.unreadable(
                "\(path) \(ForeignFile.words(for: path)); give a tape, a packet capture, or a log of curl -v")
        }
        self = .transcript(path: path)
    }

    private static func unreadable(_ sentence: String) -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.unreadable, sentence)
    }
}

/// Files of other programs, told by their first octets, so that a refusal can name them.
enum ForeignFile {
    static func words(for path: String) -> String {
        let start = head(path)
        switch start.prefix(4) {
        case []: return "is empty or cannot be read"
        case [0x50, 0x4B, 0x03, 0x04]: return "is a zip archive, such as a SAZ, which this version cannot read"
        case [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0x0A, 0x0D, 0x0D, 0x0A]:
            return "is a packet capture; make a tape of it with: regtape capture --read"
        case _ where InflatedStream.Coding(beginning: start) != nil:
            return "is compressed, and holds no capture that can be unpacked"
        default: break
        }
        guard let first = start.first(where: { $0 > 0x20 }) else { return "is blank" }
        if first == UInt8(ascii: "{") {
            return path.hasSuffix(".har")
                ? "is a HAR, which this version cannot read" : "is JSON, but not the tape.jsonl of a tape"
        }
        return "is no recording that this version knows"
    }

    /// Whether the file begins as `curl -v` does: with a note, a request, an answer, or a progress meter.
    static func isTranscript(_ path: String) -> Bool {
        let text = String(decoding: head(path), as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).first(where: { !$0.allSatisfy(\.isWhitespace) }) else {
            return false
        }
        return ["* ", "> ", "< ", "  % Total"].contains { line.hasPrefix($0) }
    }

    /// The first octets; none where the file cannot be read.
    static func head(_ path: String, count: Int = 4096) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, read(descriptor, buffer.baseAddress, count))
        }
    }
}
