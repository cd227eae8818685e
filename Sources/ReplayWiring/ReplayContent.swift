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
    /// Whether the overlay goes with the process.
    private let isTemporary: Bool
    private let incoming = Atomic(0)

    /// Without an overlay a directory in `temporary` is made for one, and taken away by `remove`.
    /// - Throws: `TapeError` where the overlay cannot be made.
    package init(tape directory: String, overlay: String?, temporary: String) throws {
        tape = TapeBodies(directory: directory)
        isTemporary = overlay == nil
        self.overlay = try overlay ?? Self.directory(in: temporary)
        for path in [self.overlay, self.overlay + "/sha256"] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw TapeError(.notWritable, "cannot make \(path): \(String(cString: strerror(errno)))")
        }
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
        guard keeps else { return PushedBody(descriptor: -1, path: "", kept: kept) }
        let number = incoming.add(1, ordering: .relaxed).newValue
        let path = "\(overlay)/incoming-\(getpid())-\(number)"
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PushedBody.DiskFailure(number: errno) }
        return PushedBody(descriptor: descriptor, path: path, kept: kept)
    }

    /// Takes away what nobody asked to keep.
    package func remove() {
        guard isTemporary else { return }
        for directory in [overlay + "/sha256", overlay] {
            for name in DirectoryNames.all(of: directory) { unlink(directory + "/" + name) }
            rmdir(directory)
        }
    }

    private func kept(_ sha256: String) -> String { overlay + "/sha256/" + sha256 }

    private static func open(_ path: String) -> StoredBody? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
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
