/// Body files of one tape: each exactly the octets of a content, under the digest that we computed ourselves.
///
/// The order is the promise: octets, synchronise, rename, synchronise the directory, and only then may a line refer to
/// the file. So a line never names a body that is missing or short.
final class BodyStore {
    private let paths: TapePaths
    private let files: any TapeFiles
    private var opened = 0
    /// Octets held back for redaction by all messages together.
    var held = 0
    /// Bodies that collect octets right now; many of them get smaller buffers.
    private(set) var openCount = 0

    init(paths: TapePaths, files: any TapeFiles) {
        self.paths = paths
        self.files = files
    }

    struct OpenBody {
        let descriptor: Int32
        let path: String
    }

    /// Octets that a body collects before it is written: large pieces while few bodies are open, and never more than
    /// about 8 MiB for all of them.
    var pieceSize: Int { max(16 * 1024, min(256 * 1024, 8 * 1024 * 1024 / max(1, openCount))) }

    func open() throws(FileFailure) -> OpenBody {
        opened += 1
        let path = paths.incoming(opened)
        let body = OpenBody(descriptor: try files.create(path), path: path)
        openCount += 1
        return body
    }

    func write(_ bytes: UnsafeRawBufferPointer, to body: OpenBody) throws(FileFailure) {
        try files.writeAll(body.descriptor, bytes)
    }

    func size(of body: OpenBody) throws(FileFailure) -> Int64 {
        try files.size(body.descriptor)
    }

    /// Gives a finished body its name.
    ///
    /// The body is used up, also where this fails.
    func keep(_ body: OpenBody, sha256: String, length: Int64) throws(FileFailure) {
        guard let path = paths.body(sha256: sha256) else {
            preconditionFailure("a digest that we computed is 64 hexadecimal digits")
        }
        do throws(FileFailure) {
            if try files.size(ofFile: path) == length {
                discard(body)
                return
            }
            try files.synchronize(body.descriptor)
            try files.rename(body.path, to: path)
        } catch {
            discard(body)
            throw error
        }
        files.close(body.descriptor)
        openCount -= 1
        try files.synchronizeDirectory(paths.digests)
    }

    /// Removes a body that will not be named by any line.
    func discard(_ body: OpenBody) {
        files.close(body.descriptor)
        openCount -= 1
        // A file that cannot be removed now is removed when the tape is taken up again.
        try? files.remove(body.path)
    }

    /// Memory for the sake of redaction, however many answers arrive at once.
    static let heldLimit = 32 * 1024 * 1024
}
