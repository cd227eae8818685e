import CArchive

/// What is inside a file of gzip or zstd, however long, unpacked piece by piece.
///
/// Members or frames that follow one another are one content (RFC 1952 §2.2, RFC 8878 §3). Memory does not depend on what
/// comes out, so that a bomb costs time alone, and only as much as its reader takes. libarchive gives blocks of 64 KiB
/// (gzip) or 128 KiB (zstd), and nothing of the one that it cannot finish: so much is lost in front of a damage.
public final class InflatedStream {
    /// The forms that are known here.
    public enum Coding: String, Sendable, Hashable {
        case gzip
        case zstd

        /// What a file is by its first four octets; nothing for any other.
        public init?(beginning octets: some Sequence<UInt8>) {
            let mark = octets.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            switch mark {
            case 0xFD2F_B528: self = .zstd
            // Parallel compressors put a frame in front that is to be skipped (RFC 8878 §3.1.2).
            case 0x184D_2A50...0x184D_2A5F: self = .zstd
            case _ where mark & 0xFFFF == 0x8B1F: self = .gzip
            default: return nil
            }
        }
    }

    /// Why nothing more comes out.
    public enum Failure: Error, Sendable, Hashable {
        /// Not what the form wants, cut off, or, at the very beginning, empty: libarchive does not tell these apart.
        case damaged
        /// libarchive lacks the form, or memory.
        case unavailable
    }

    /// Fills the buffer with the file's next octets and gives their number; none at its end.
    public typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    private let archive: OpaquePointer
    private let feed: Feed
    /// Nothing for zstd, whose frames are checked where they have a sum.
    private var sum: GzipSum?
    private var hasBegun = false
    private var isOver = false

    /// - Throws: `Failure.unavailable`.
    public init(_ coding: Coding, source: @escaping Source) throws(Failure) {
        guard let archive = archive_read_new() else { throw .unavailable }
        self.archive = archive
        feed = Feed(source)
        sum = coding == .gzip ? GzipSum() : nil
        // The filter is named and not guessed: what is inside may be a packed file by itself.
        let filter = coding == .gzip ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD
        guard archive_read_append_filter(archive, filter) == ARCHIVE_OK,
            archive_read_support_format_raw(archive) == ARCHIVE_OK
        else { throw .unavailable }
    }

    deinit { archive_read_free(archive) }

    /// Appends the next octets; says whether there were any more.
    ///
    /// - Throws: `Failure.damaged`, or what the source threw. All that was given before is good.
    public func read(into octets: inout [UInt8]) throws -> Bool {
        guard !isOver else { return false }
        if !hasBegun { try begin() }
        var block: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        let status = archive_read_data_block(archive, &block, &count, &offset)
        if let failure = feed.failure { throw failure }
        switch status {
        case ARCHIVE_OK:
            let piece = UnsafeRawBufferPointer(start: block, count: count)
            sum?.update(piece)
            octets.append(contentsOf: piece)
            return true
        case ARCHIVE_EOF:
            isOver = true
            try checkRest()
            return false
        default: throw Failure.damaged
        }
    }

    private func begin() throws {
        hasBegun = true
        let handle = Unmanaged.passUnretained(feed).toOpaque()
        let status = archive_read_open(
            archive, handle, nil, { _, handle, buffer in Feed.read(handle, buffer) }, nil)
        var entry: OpaquePointer?
        let header = status == ARCHIVE_OK ? archive_read_next_header(archive, &entry) : status
        if let failure = feed.failure { throw failure }
        guard header == ARCHIVE_OK else { throw Failure.damaged }
    }

    /// Behind the last whole member libarchive stops without a word: zeros are padding, anything else is damage.
    private func checkRest() throws {
        let unused = Int(clamping: feed.given - archive_filter_bytes(archive, -1))
        let (end, rest) = feed.recent(unused: unused)
        if let sum, sum.isContradicted(by: end.suffix(8)) { throw Failure.damaged }
        guard try feed.isBlank(rest) else { throw Failure.damaged }
    }
}

/// Gives libarchive the file's octets, and keeps what went wrong there.
private final class Feed {
    private let source: InflatedStream.Source
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Feed.piece, alignment: 16)
    private var filled = 0
    /// The end of what was given before that.
    private var before: [UInt8] = []
    private(set) var given: Int64 = 0
    private(set) var failure: (any Error)?

    private static let piece = 256 * 1024
    /// libarchive looks at ten octets more for another header, and a trailer has eight.
    private static let kept = 64

    init(_ source: @escaping InflatedStream.Source) {
        self.source = source
    }

    deinit { buffer.deallocate() }

    /// `archive_read_callback`: what it gives must stand until the next call.
    static func read(
        _ handle: UnsafeMutableRawPointer?, _ octets: UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> la_ssize_t {
        guard let handle, let octets else { return la_ssize_t(ARCHIVE_FATAL) }
        let feed = Unmanaged<Feed>.fromOpaque(handle).takeUnretainedValue()
        octets.pointee = UnsafeRawPointer(feed.buffer.baseAddress)
        return feed.fill() ? feed.filled : la_ssize_t(ARCHIVE_FATAL)
    }

    private func fill() -> Bool {
        before = (before + buffer[max(0, filled - Self.kept)..<filled]).suffix(Self.kept)
        do {
            filled = min(buffer.count, max(0, try source(buffer)))
            given += Int64(filled)
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// The octets that were given last, those that libarchive took and those that it did not.
    func recent(unused: Int) -> (taken: [UInt8], rest: [UInt8]) {
        let octets = before + buffer[..<filled]
        let end = octets.count - min(octets.count, max(0, unused))
        return (Array(octets[..<end]), Array(octets[end...]))
    }

    /// Whether these octets and all that follow them are zero.
    func isBlank(_ rest: [UInt8]) throws -> Bool {
        guard rest.allSatisfy({ $0 == 0 }) else { return false }
        while true {
            guard fill() else { throw failure ?? InflatedStream.Failure.damaged }
            guard filled > 0 else { return true }
            guard buffer[..<filled].allSatisfy({ $0 == 0 }) else { return false }
        }
    }
}
