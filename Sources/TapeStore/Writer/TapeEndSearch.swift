import TapeModel

/// Finds the last whole line of a file from its end, so that a long tape is taken up as fast as a short one.
///
/// The trap is that a crash may leave more than one bad line behind: blocks of zeros, or a line feed within
/// garbage. So lines are tried backwards until one decodes, in a window that doubles.
struct TapeEndSearch {
    let files: any TapeFiles
    let descriptor: Int32
    let size: Int64

    struct LastLine {
        var seq: Int64
        /// Offset behind its line feed.
        var end: Int64
    }

    func lastLine() throws(FileFailure) -> LastLine? {
        var window: Int64 = 256 * 1024
        while true {
            let start = max(0, size - window)
            let bytes = try files.read(descriptor, at: start, count: Int(size - start))
            if let found = lastLine(in: bytes, at: start) { return found }
            // A line is at most 64 MiB; two of them must hold a whole one.
            guard start > 0, window < 128 * 1024 * 1024 else { return nil }
            window *= 2
        }
    }

    private func lastLine(in bytes: [UInt8], at start: Int64) -> LastLine? {
        var end = bytes.lastIndex(of: 0x0A)
        while let newline = end {
            let previous = bytes[..<newline].lastIndex(of: 0x0A)
            // The window may begin within a line; only the file's own beginning is one.
            if previous == nil, start > 0 { return nil }
            let line = Array(bytes[(previous.map { $0 + 1 } ?? 0)..<newline])
            if let decoded = try? TapeLine(decoding: line) {
                return LastLine(seq: decoded.seq, end: start + Int64(newline) + 1)
            }
            end = previous
        }
        return nil
    }
}
