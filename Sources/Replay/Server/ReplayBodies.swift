/// Where a replay's content lies: the body files of its tape, and what clients have pushed to it.
///
/// The composition root gives it, because a replay knows nothing of tapes on disk. Every call may block, so none is
/// made on an event loop.
public protocol ReplayBodies: Sendable {
    /// The content with this SHA-256 (lower-case hex), opened for reading; nothing where there is none.
    func open(sha256: String) -> StoredBody?

    /// Whether the octets of that content are those of its digest; all of them are read.
    func isWhole(sha256: String) -> Bool

    /// A place for content that a client is about to send; only its digest is wanted where `keeps` is false.
    func receive(keeps: Bool) throws -> any IncomingBody

    /// Writes a change down for later replays, where there may be any: it is told to the client only when this is done.
    func record(_ change: LiveChange) throws

    /// The replay starts over: changes of this run with numbers below `first` have not happened.
    func startOver(at first: Int64) throws
}

/// A file that is open for reading; whoever asked for it closes the descriptor.
public struct StoredBody: Sendable {
    public let descriptor: Int32
    /// Octets of the file.
    public let length: Int64

    public init(descriptor: Int32, length: Int64) {
        self.descriptor = descriptor
        self.length = length
    }
}

/// Content on its way in, hashed as it comes; used by one thread at a time.
public protocol IncomingBody: AnyObject, Sendable {
    func append(_ octets: UnsafeRawBufferPointer) throws
    /// The SHA-256 of all octets so far, as lower-case hex.
    var sha256: String { get }
    /// Keeps the content under its digest, so that `open` finds it.
    func keep() throws
    /// Forgets it, unless it was kept.
    func discard()
}
