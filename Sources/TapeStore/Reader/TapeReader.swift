public import TapeModel

/// Reads a tape from its first line to its last, one line in memory at a time.
///
/// It takes no lock and writes nothing, so a tape may be read while it is written. A line that is no record is given
/// as `damaged`, and reading goes on behind it; octets behind the last line feed are the torn end of a crash, or a
/// line that is being written, and are never shown as data.
public final class TapeReader {
    /// One line.
    public struct Entry: Sendable, Hashable {
        public enum Content: Sendable, Hashable {
            case record(TapeRecord)
            /// Not a record: rotten, or longer than 64 MiB.
            case damaged
        }

        /// From 1.
        public var lineNumber: Int
        /// Octets of the file before the line.
        public var offset: Int64
        public var seq: Int64
        public var content: Content
        /// False where the line was edited, or damaged.
        public var sumMatches: Bool

        public var record: TapeRecord? {
            guard case .record(let record) = content else { return nil }
            return record
        }
    }

    /// Octets behind the last line feed; known when `next()` has given nothing.
    public private(set) var tailLength: Int64 = 0
    /// Whether the tape ends within a line.
    public var isTailCut: Bool { tailLength > 0 }

    private let paths: TapePaths
    private let lines: LineReader

    /// - Throws: `TapeError` where there is no tape that can be read.
    public init(directory: String) throws(TapeError) {
        self.paths = TapePaths(directory: directory)
        do throws(FileFailure) {
            self.lines = try LineReader(path: paths.lines)
        } catch {
            throw TapeError(
                .unreadable, of: directory, error, advice: "give the directory of a tape that you can read.")
        }
    }

    /// The next line; nothing at the end.
    /// - Throws: `TapeError` where the device fails, or the tape is of a later version.
    public func next() throws(TapeError) -> Entry? {
        guard let line = try nextLine() else { return nil }
        guard let octets = line.octets, let decoded = try? TapeLine(decoding: octets) else {
            return Entry(
                lineNumber: line.number, offset: line.offset, seq: 0, content: .damaged, sumMatches: false)
        }
        // A damaged line cannot say of what version the tape is.
        if decoded.sumMatches, case .tape(let header) = decoded.record, header.version > TapeHeader.currentVersion {
            throw TapeError(
                .laterVersion,
                "The tape \(paths.directory) was written by a later regtape: use that version to read it.")
        }
        return Entry(
            lineNumber: line.number, offset: line.offset, seq: decoded.seq, content: .record(decoded.record),
            sumMatches: decoded.sumMatches)
    }

    /// Octets of the tape's lines when it was opened.
    public var length: Int64 { lines.length }

    /// The octets of a body file; nothing where there is none that can be read, or it is longer than `limit`.
    public func body(forSHA256 sha256: String, limit: Int64) -> [UInt8]? {
        guard let path = paths.body(sha256: sha256) else { return nil }
        let files = LocalFiles()
        do throws(FileFailure) {
            let descriptor = try files.openForReading(path)
            defer { files.close(descriptor) }
            let size = try files.size(descriptor)
            guard size <= limit else { return nil }
            return try files.read(descriptor, at: 0, count: Int(size))
        } catch {
            return nil
        }
    }

    func nextLine() throws(TapeError) -> LineReader.Line? {
        do throws(FileFailure) {
            if let line = try lines.next() { return line }
            tailLength = lines.tailLength
            return nil
        } catch {
            throw TapeError(.unreadable, of: paths.directory, error, advice: "copy what can be read from the device.")
        }
    }

    /// Where the body with this digest lies; nothing for what is not 64 lower-case hexadecimal digits.
    ///
    /// Whether the file is there is another question.
    public func bodyPath(forSHA256 sha256: String) -> String? {
        paths.body(sha256: sha256)
    }
}
