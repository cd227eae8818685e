import Crypto
import Glibc
package import Replay
import Synchronization
import TapeModel
import TapeStore

/// The content of a replay on disk: the tape's body files, and over them a directory for what clients push.
package final class ReplayContent: ReplayBodies {
    private let tape: TapeBodies
    private let overlay: String
    /// Nothing where the overlay goes with the process.
    private let journal: Mutex<OverlayJournal?>
    private let isTemporary: Bool
    private let incoming = Atomic(0)

    /// Without an overlay a directory in `temporary` is made for one, and taken away by `end`.
    /// - Throws: `TapeError` where the overlay cannot be made, or another replay has it.
    package init(tape directory: String, overlay: String?, temporary: String) throws {
        tape = TapeBodies(directory: directory)
        isTemporary = overlay == nil
        let overlay = try overlay ?? Self.directory(in: temporary)
        self.overlay = overlay
        for path in [overlay, overlay + "/sha256"] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw TapeError(.notWritable, "cannot make \(path): \(String(cString: strerror(errno)))")
        }
        let journal = try isTemporary ? nil : OverlayJournal(overlay: overlay)
        if journal != nil {
            // What a crash left of uploads: nobody was told that it is there, and nobody else is at work here.
            for name in DirectoryNames.all(of: overlay) where name.hasPrefix(Self.incomingPrefix) {
                unlink(overlay + "/" + name)
            }
        }
        self.journal = Mutex(journal)
    }

    /// What earlier replays left behind, without what its content is missing for, and a sentence about each flaw.
    package func history(over index: ReplayIndex) -> (history: LiveHistory, damage: [String]) {
        guard let journal = journal.withLock({ $0 }) else { return (LiveHistory(), []) }
        var history = journal.history
        var damage = journal.damage
        var missing: Set<String> = []
        history.changes.removeAll { change in
            guard let (sha256, length) = change.content else { return false }
            if holds(sha256, length: length) {
                history.kept.insert(sha256)
            } else if !index.holds(sha256: sha256) {
                missing.insert(sha256)
                return true
            }
            return false
        }
        for sha256 in missing.sorted() {
            damage.append("the overlay's content sha256:\(sha256) is missing; what was pushed with it is not there")
        }
        return (history, damage)
    }

    private func holds(_ sha256: String, length: Int64) -> Bool {
        guard let body = Self.open(kept(sha256)) else { return false }
        close(body.descriptor)
        return body.length == length
    }

    package func open(sha256: String) -> StoredBody? {
        // Only a name that is a digest gives a path, so none leads anywhere else.
        guard let path = tape.path(forSHA256: sha256) else { return nil }
        return Self.open(kept(sha256)) ?? Self.open(path)
    }

    package func isWhole(sha256: String) -> Bool {
        guard let body = open(sha256: sha256) else { return false }
        defer { close(body.descriptor) }
        var hash = SHA256()
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = piece.withUnsafeMutableBytes { read(body.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            if count == 0 { return Hexadecimal.encode(hash.finalize()) == sha256 }
            piece.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    package func receive(keeps: Bool) throws -> any IncomingBody {
        guard keeps else { return PushedBody() }
        let number = incoming.add(1, ordering: .relaxed).newValue
        let path = "\(overlay)/\(Self.incomingPrefix)\(getpid())-\(number)"
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(errno, in: "open") }
        return PushedBody(descriptor: descriptor, path: path, directory: overlay + "/sha256", isLasting: !isTemporary)
    }

    package func record(_ change: LiveChange) throws { try journal.withLock { $0 }?.append(change) }

    package func startOver(at first: Int64) throws { try journal.withLock { $0 }?.startOver(at: first) }

    /// Lets go of the overlay, and takes away what nobody asked to keep.
    package func end() {
        journal.withLock { $0 = nil }
        guard isTemporary else { return }
        for directory in [overlay + "/sha256", overlay] {
            for name in DirectoryNames.all(of: directory) { unlink(directory + "/" + name) }
            rmdir(directory)
        }
    }

    private func kept(_ sha256: String) -> String { overlay + "/sha256/" + sha256 }

    private static let incomingPrefix = "incoming-"

    private static func open(_ path: String) -> StoredBody? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        return StoredBody(descriptor: descriptor, length: Int64(status.st_size))
    }

    private static func directory(in temporary: String) throws -> String {
        var template = Array("\(temporary)/regtape-replay-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TapeError(.notWritable, "no temporary directory: \(String(cString: strerror(errno))); set TMPDIR")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What a directory holds.
enum DirectoryNames {
    static func all(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
