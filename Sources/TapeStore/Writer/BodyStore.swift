/// Body files of one tape: each exactly the octets of a content, under the digest that we computed ourselves.
///
/// The order is the promise: octets, synchronise, rename, synchronise the directory, and only then may a line refer to
/// the file. So a line never names a body that is missing or short. `DiskThread` keeps that order; here octets are
/// written and counted.
final class BodyStore {
    private let paths: TapePaths
    private let files: any TapeFiles
    private let disk: DiskThread
    private var opened = 0
    /// Octets held back for redaction by all messages together.
    var held = 0
    /// Bodies that collect octets right now; many of them get smaller buffers.
    private(set) var openCount = 0

    init(paths: TapePaths, files: any TapeFiles, disk: DiskThread) {
        self.paths = paths
        self.files = files
        self.disk = disk
    }

    struct OpenBody: Sendable {
        let descriptor: Int32
        let path: String
        /// Octets written, and those of them that the disk has not been told to begin with.
        fileprivate(set) var length: Int64 = 0
        fileprivate var waiting = 0
    }

    /// Octets that a body collects before it is written: large pieces while few bodies are open, and never more than
    /// about 8 MiB for all of them.
    var pieceSize: Int { max(16 * 1024, min(256 * 1024, 8 * 1024 * 1024 / max(1, openCount))) }

    /// Octets after which the disk begins with a body that still arrives.
    ///
    /// A synchronisation writes the file's length as well, so they must not be too many; and what is left at the end
    /// of a layer, or what one has to wait for, should take a slow disk less than half a second.
    private var advanceSize: Int { max(4 << 20, min(16 << 20, DiskThread.longestBacklog / 2 / max(1, openCount))) }

    func open() throws(FileFailure) -> OpenBody {
        opened += 1
        let path = paths.incoming(opened)
        let body = OpenBody(descriptor: try files.create(path), path: path)
        openCount += 1
        return body
    }

    func write(_ bytes: UnsafeRawBufferPointer, to body: inout OpenBody) throws(FileFailure) {
        try files.writeAll(body.descriptor, bytes)
        body.length += Int64(bytes.count)
        body.waiting += bytes.count
        disk.wrote(bytes.count)
        guard body.waiting >= advanceSize else { return }
        disk.submit(.advance(body, octets: body.waiting))
        body.waiting = 0
        disk.awaitRoom()
    }

    /// Has a finished body named by its digest.
    ///
    /// The body is used up. Its line must wait for the ticket.
    func keep(_ body: OpenBody, sha256: String) -> DiskThread.Ticket {
        guard let path = paths.body(sha256: sha256) else {
            preconditionFailure("a digest that we computed is 64 hexadecimal digits")
        }
        openCount -= 1
        let ticket = disk.ticket()
        disk.submit(.keep(body, path: path, length: body.length, octets: body.waiting, ticket))
        return ticket
    }

    /// Removes a body that will not be named by any line.
    func discard(_ body: OpenBody) {
        openCount -= 1
        disk.submit(.discard(body, octets: body.waiting))
    }

    /// Memory for the sake of redaction, however many answers arrive at once.
    static let heldLimit = 32 * 1024 * 1024
}
