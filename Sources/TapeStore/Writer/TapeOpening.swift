import TapeModel

/// Gets a directory ready to be written as a tape: makes a new one, or takes an old one up where it ended.
///
/// One writer at a time, by a lock on the lines themselves: it dies with its process, so a crash never needs a
/// person to remove anything. What a crash left of a last line is put aside, never thrown away.
struct TapeOpening {
    let paths: TapePaths
    let files: any TapeFiles

    struct Opened {
        var log: LineLog
        /// Identifier of the tape that is taken up; nothing for a new one.
        var id: String?
        var nextSeq: Int64
        /// Whether there was no tape before.
        var isBlank = false
        var isNewDirectory = false
    }

    func open() throws(TapeError) -> Opened {
        let isNew = try prepareDirectory()
        do throws(FileFailure) {
            let descriptor = try files.openForAppending(paths.lines)
            var isBlank = false
            do throws(FileFailure) {
                guard try files.lock(descriptor) else { throw FileFailure(Self.locked, in: "lock") }
                isBlank = try files.size(descriptor) == 0
                var opened = try takeUp(descriptor)
                try files.makeDirectory(paths.bodies)
                try files.makeDirectory(paths.digests)
                try removeLeftovers()
                try reserve()
                if isNew { try files.synchronizeDirectory(paths.parent) }
                opened.isBlank = isBlank
                opened.isNewDirectory = isNew
                return opened
            } catch {
                // Only who has the lock may remove; it is held until the end. A new directory is ours in any case.
                if isBlank || (isNew && error.number != Self.locked) { leaveNothing(isNewDirectory: isNew) }
                files.close(descriptor)
                throw error
            }
        } catch {
            if isNew { try? files.removeDirectory(paths.directory) }
            throw refusal(error)
        }
    }

    /// Takes away what was made for a tape that could not be begun.
    func leaveNothing(isNewDirectory: Bool) {
        for file in [paths.reserve, paths.lines] { try? files.remove(file) }
        for directory in [paths.digests, paths.bodies] { try? files.removeDirectory(directory) }
        if isNewDirectory { try? files.removeDirectory(paths.directory) }
    }

    /// Whether the directory had to be made.
    private func prepareDirectory() throws(TapeError) -> Bool {
        do throws(FileFailure) {
            if let entries = try files.entries(of: paths.directory) {
                guard entries.isEmpty || entries.contains("tape.jsonl") else {
                    throw FileFailure(Self.foreign, in: "open")
                }
                return false
            }
            try files.makeDirectory(paths.directory)
            return true
        } catch {
            throw refusal(error)
        }
    }

    private func refusal(_ failure: FileFailure) -> TapeError {
        let name = paths.directory
        return switch failure.number {
        case Self.locked:
            TapeError(
                .alreadyBeingWritten,
                "The tape \(name) is already being written by another regtape: stop that one, or choose another --tape."
            )
        case Self.foreign:
            TapeError(
                .notATape,
                "The directory \(name) holds something else than a tape: choose another --tape, or an empty directory.")
        case Self.later:
            TapeError(
                .laterVersion,
                "The tape \(name) was written by a later regtape: choose another --tape, or use that version.")
        default:
            TapeError(
                .notWritable, of: name, failure, advice: "choose a --tape in a directory that you can write, with room."
            )
        }
    }

    private func takeUp(_ descriptor: Int32) throws(FileFailure) -> Opened {
        let size = try files.size(descriptor)
        guard size > 0 else {
            return Opened(log: LineLog(descriptor: descriptor, length: 0, files: files), id: nil, nextSeq: 1)
        }
        let end = try TapeEndSearch(files: files, descriptor: descriptor, size: size).lastLine()
        if end == nil, try !isTorn(descriptor) { throw FileFailure(Self.foreign, in: "read") }
        let header = try header(descriptor)
        if end != nil, header == nil { throw FileFailure(Self.foreign, in: "read") }
        if let header, header.version > TapeHeader.currentVersion { throw FileFailure(Self.later, in: "read") }
        let length = end?.end ?? 0
        if length < size { try putAside(descriptor, from: length, to: size) }
        return Opened(
            log: LineLog(descriptor: descriptor, length: length, files: files), id: header?.id,
            nextSeq: max(1, (end?.seq ?? 0) &+ 1))
    }

    /// Whether a file without a whole line is the torn beginning of a tape, and not somebody's other file.
    private func isTorn(_ descriptor: Int32) throws(FileFailure) -> Bool {
        let beginning = Array("{\"record\":\"tape\"".utf8)
        let found = try files.read(descriptor, at: 0, count: beginning.count)
        return beginning.starts(with: found)
    }

    /// The first record.
    ///
    /// Its line is ours and short; one that does not fit into the window is none of ours.
    private func header(_ descriptor: Int32) throws(FileFailure) -> TapeHeader? {
        let window = try files.read(descriptor, at: 0, count: 64 * 1024)
        guard let newline = window.firstIndex(of: 0x0A),
            case .tape(let header)? = try? TapeLine(decoding: Array(window[..<newline])).record
        else { return nil }
        return header
    }

    private func putAside(_ descriptor: Int32, from start: Int64, to end: Int64) throws(FileFailure) {
        let tail = try files.openForAppending(paths.tail)
        defer { files.close(tail) }
        var offset = start
        while offset < end {
            let piece = try files.read(descriptor, at: offset, count: Int(min(end - offset, 256 * 1024)))
            if piece.isEmpty { break }
            try files.writeAll(tail, piece)
            offset += Int64(piece.count)
        }
        try files.synchronize(tail)
        try files.truncate(descriptor, to: start)
        try files.synchronize(descriptor)
    }

    private func removeLeftovers() throws(FileFailure) {
        for name in try files.entries(of: paths.bodies) ?? [] where name.hasPrefix(TapePaths.incomingPrefix) {
            try files.remove(paths.bodies + "/" + name)
        }
    }

    /// Takes the room that the closing record needs when the disk is full.
    private func reserve() throws(FileFailure) {
        let descriptor = try files.create(paths.reserve)
        defer { files.close(descriptor) }
        try files.allocate(descriptor, length: 64 * 1024)
    }

    // Refusals of ours among the system's, told apart by numbers that no system uses.
    private static let locked: Int32 = -1
    private static let foreign: Int32 = -2
    private static let later: Int32 = -3
}
