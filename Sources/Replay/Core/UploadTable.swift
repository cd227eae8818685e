import Registry
import TapeModel

/// Uploads under way, as the distribution specification's state machine (pushing blobs, end-4 to end-6, end-11, end-13,
/// end-14).
///
/// An upload is open, or receiving one request's body; two requests never write to it at once. Octets are somewhere
/// else: this counts them.
struct UploadTable: Sendable {
    enum State: Sendable, Hashable {
        case open
        /// The request with this number sends its body.
        case receiving(request: Int)
    }

    struct Upload: Sendable {
        var uuid: String
        var authority: String
        var repository: String
        var state = State.open
        /// Octets received.
        var offset: Int64 = 0
        /// What the request under way has promised by its `Content-Range`.
        var promised: Int64?
    }

    enum Refusal: Error, Sendable, Hashable {
        case unknown
        /// Another request writes to it.
        case busy(offset: Int64)
        /// The chunk does not begin where the upload ends.
        case outOfOrder(offset: Int64)
    }

    private var uploads: [UploadID: Upload] = [:]
    private var ids: [String: UploadID] = [:]
    private var newest = 0
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// A client has some ten at once; sessions that are begun and left alone must not fill the memory.
    static let most = 10_000

    var count: Int { uploads.count }

    subscript(id: UploadID) -> Upload? { uploads[id] }

    /// The upload of a location; nothing where it belongs to another repository.
    func id(_ uuid: String?, _ authority: String, _ repository: String) -> UploadID? {
        guard let uuid, let id = ids[uuid], let upload = uploads[id], upload.authority == authority,
            upload.repository == repository
        else { return nil }
        return id
    }

    /// Begins an upload; the oldest idle one makes room where there are too many.
    ///
    /// - Returns: the new one, and the one that was dropped for it.
    mutating func begin(_ authority: String, _ repository: String) -> (id: UploadID, dropped: UploadID?) {
        var dropped: UploadID?
        if uploads.count >= Self.most {
            dropped = uploads.filter { $0.value.state == .open }.keys.min()
            if let dropped { end(dropped) }
        }
        newest += 1
        let upload = Upload(uuid: uuid(newest), authority: authority, repository: repository)
        ids[upload.uuid] = newest
        uploads[newest] = upload
        return (newest, dropped)
    }

    /// A request wants to write: at `range` where it says so, else at the end.
    mutating func receive(_ id: UploadID?, at range: ByteRange?, request: Int) throws(Refusal) -> Int64 {
        guard let id, let upload = uploads[id] else { throw .unknown }
        switch upload.state {
        case .receiving: throw .busy(offset: upload.offset)
        case .open:
            if let range {
                guard range.first == upload.offset else { throw .outOfOrder(offset: upload.offset) }
                if let last = range.last {
                    let (span, overflow) = last.subtractingReportingOverflow(upload.offset)
                    guard !overflow, span >= 0, span < .max else { throw .outOfOrder(offset: upload.offset) }
                    uploads[id]?.promised = span + 1
                }
            }
            uploads[id]?.state = .receiving(request: request)
            return upload.offset
        }
    }

    /// The request's body is over.
    ///
    /// - Returns: the upload, open again; nothing where it was cancelled meanwhile.
    mutating func received(_ id: UploadID, request: Int, length: Int64) -> Upload? {
        guard var upload = uploads[id], upload.state == .receiving(request: request) else { return nil }
        upload.state = .open
        upload.offset = upload.offset.addingReportingOverflow(max(0, length)).partialValue
        var kept = upload
        kept.promised = nil
        uploads[id] = kept
        return upload
    }

    mutating func end(_ id: UploadID) {
        if let upload = uploads.removeValue(forKey: id) { ids[upload.uuid] = nil }
    }

    /// In the form of a random UUID (RFC 9562 §5.4), mixed from seed and number by SplitMix64: nobody guesses another
    /// client's by counting, and equal runs have equal ones.
    private func uuid(_ number: Int) -> String {
        var state = seed ^ (UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15)
        var digits = ""
        for _ in 0..<2 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
            let text = String(mixed, radix: 16)
            digits += String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text
        }
        let octets = Array(digits)
        func part(_ range: Range<Int>) -> String { String(octets[range]) }
        return "\(part(0..<8))-\(part(8..<12))-4\(part(13..<16))-a\(part(17..<20))-\(part(20..<32))"
    }
}
