import TapeModel

/// Accepts a tape as it stands after a person edited it: every line gets the sum of what it says now.
///
/// The whole file is written anew beside the old one and put in its place at once, so that a crash leaves one or the
/// other. Members that this version does not know stay, octet for octet.
public enum TapeSeal {
    /// - Returns: how many lines got another sum.
    /// - Throws: `TapeError` where a writer has the tape, or it cannot be read or written.
    public static func seal(directory: String) throws(TapeError) -> Int {
        let paths = TapePaths(directory: directory)
        let files = LocalFiles()
        do throws(FileFailure) {
            // Read first: sealing must not make a tape where there is none.
            let lines = try LineReader(path: paths.lines)
            let descriptor = try files.openForAppending(paths.lines)
            defer { files.close(descriptor) }
            guard try files.lock(descriptor) else { throw FileFailure(locked, in: "lock") }
            let target = try files.create(paths.sealing)
            defer { files.close(target) }
            let changed = try rewrite(lines, into: LineLog(descriptor: target, length: 0, files: files), files)
            try files.rename(paths.sealing, to: paths.lines)
            try files.synchronizeDirectory(directory)
            return changed
        } catch {
            if error.number == locked {
                throw TapeError(
                    .alreadyBeingWritten, "The tape \(directory) is being written: stop the recording, then seal it.")
            }
            try? files.remove(paths.sealing)
            if error.number == damaged {
                throw TapeError(
                    .notATape,
                    "The tape \(directory) has a record that cannot be read, \(error.operation): mend it first.")
            }
            throw TapeError(
                .notWritable, of: directory, error, advice: "seal a copy in a directory that you can write.")
        }
    }

    /// The torn end of a crash goes along as it is; the next writer puts it aside.
    private static func rewrite(_ lines: LineReader, into log: LineLog, _ files: LocalFiles) throws(FileFailure) -> Int
    {
        var changed = 0
        while let line = try lines.next() {
            guard let octets = line.octets, let sealed = TapeLine.resealed(octets) else {
                throw FileFailure(damaged, in: "line \(line.number)")
            }
            if sealed != octets { changed += 1 }
            try log.append(sealed)
        }
        try log.flush()
        try files.writeAll(log.descriptor, lines.tail)
        try files.synchronize(log.descriptor)
        return changed
    }

    // Told apart from the system's numbers, which are positive.
    private static let locked: Int32 = -1
    private static let damaged: Int32 = -2
}
