public import TapeModel

/// Reads single lines of a tape, and pieces of its bodies, for those who know where they are.
///
/// What a `TapeReader` gave is read again by its offset, so that nobody has to keep a whole tape in memory to take its
/// exchanges in another order.
public final class TapeLookup {
    private let paths: TapePaths
    private let files = LocalFiles()
    private let descriptor: Int32

    /// - Throws: `TapeError` where there is no tape that can be read.
    public init(directory: String) throws(TapeError) {
        paths = TapePaths(directory: directory)
        do throws(FileFailure) {
            descriptor = try files.openForReading(paths.lines)
        } catch {
            throw TapeError(
                .unreadable, of: directory, error, advice: "give the directory of a tape that you can read.")
        }
    }

    deinit {
        files.close(descriptor)
    }

    /// The record of the line that begins at `offset`; nothing where there is none.
    /// - Throws: `TapeError` where the device fails.
    public func record(at offset: Int64) throws(TapeError) -> TapeRecord? {
        var line: [UInt8] = []
        do throws(FileFailure) {
            while line.count < Self.lineLimit {
                // A line is mostly shorter than one piece; the next is larger, so that a long one takes few.
                let piece = try files.read(
                    descriptor, at: offset + Int64(line.count), count: max(Self.pieceSize, line.count))
                if let end = piece.firstIndex(of: 0x0A) {
                    line += piece[..<end]
                    return (try? TapeLine(decoding: line))?.record
                }
                guard !piece.isEmpty else { return nil }
                line += piece
            }
        } catch {
            throw TapeError(.unreadable, of: paths.directory, error, advice: "copy what can be read from the device.")
        }
        return nil
    }

    /// Octets of the body file with this digest; nothing where there is none that can be read.
    public func length(ofBody sha256: String) -> Int64? {
        open(sha256) { (descriptor) throws(FileFailure) in try files.size(descriptor) }
    }

    /// At most `count` octets of a body file from `offset` on; fewer at its end, none where it cannot be read.
    public func octets(ofBody sha256: String, at offset: Int64, count: Int) -> [UInt8] {
        open(sha256) { (descriptor) throws(FileFailure) in
            try files.read(descriptor, at: offset, count: count)
        } ?? []
    }

    private func open<Value>(
        _ sha256: String, _ body: (Int32) throws(FileFailure) -> Value
    ) -> Value? {
        guard let path = paths.body(sha256: sha256) else { return nil }
        do throws(FileFailure) {
            let descriptor = try files.openForReading(path)
            defer { files.close(descriptor) }
            return try body(descriptor)
        } catch {
            return nil
        }
    }

    private static let pieceSize = 16 * 1024
    /// As for a `TapeReader`.
    private static let lineLimit = 64 * 1024 * 1024
}
