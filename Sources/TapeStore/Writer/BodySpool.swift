import Crypto
import TapeModel

/// The content of one message on its way to the tape.
///
/// Small UTF-8 stays in memory and goes into the line; anything else streams into a body file, hashed on the way, so
/// that a layer of any size takes no more memory than one piece. What may hold secrets is held back whole until it is
/// redacted; not one of its octets reaches the disk before.
final class BodySpool {
    private let store: BodyStore
    private var treatment: BodyTreatment
    /// Octets seen on the wire.
    private(set) var length: Int64 = 0
    private(set) var outgrewMemory = false
    private var buffer: [UInt8] = []
    /// Of what went into the file; most contents are too small to have one.
    private var hash: SHA256?
    private var file: BodyStore.OpenBody?

    /// A body as the line describes it, and what the line must wait for.
    struct Finished {
        var body: Body
        var ticket: DiskThread.Ticket?
    }

    init(treatment: BodyTreatment, store: BodyStore) {
        self.treatment = treatment
        self.store = store
    }

    func append(_ octets: UnsafeBufferPointer<UInt8>) throws(FileFailure) {
        length &+= Int64(octets.count)
        switch treatment {
        case .dropped:
            break
        case .held(let limit):
            guard octets.count <= limit - buffer.count else { return drop() }
            guard octets.count <= BodyStore.heldLimit - store.held else {
                outgrewMemory = true
                return drop()
            }
            store.held += octets.count
            buffer.append(contentsOf: octets)
        case .verbatim:
            try stream(octets)
        }
    }

    /// Ends the content: `redact` is asked once for what was held back.
    ///
    /// `isWhole` is false where the message broke off before its end. `codings` are those of the content; what is held
    /// is looked through and stored without them.
    func finish(
        isWhole: Bool, codings namedCodings: @autoclosure () -> [String], redact: ([UInt8]) -> [UInt8]?
    ) throws(FileFailure) -> Finished {
        guard case .held(let limit) = treatment else {
            if treatment == .dropped { return Finished(body: Body(length: length, stored: Body.Storage.none)) }
            return try stored(isWhole: isWhole)
        }
        let original = buffer
        store.held -= buffer.count
        buffer = []
        treatment = .verbatim
        if original.isEmpty { return try stored(isWhole: isWhole) }
        let codings = namedCodings()
        guard let plain = Self.inflated(original, codings, limit), let kept = redact(plain) else {
            return Finished(body: Body(length: length, stored: Body.Storage.none, isRedacted: true))
        }
        var failure: FileFailure?
        kept.withUnsafeBufferPointer { octets in
            do throws(FileFailure) { try stream(octets) } catch { failure = error }
        }
        if let failure { throw failure }
        var finished = try stored(isWhole: isWhole)
        finished.body.isRedacted = kept != original
        finished.body.isDecoded = !codings.isEmpty
        if finished.body.isDecoded { finished.body.isRedacted = true }
        return finished
    }

    /// Nothing where the content cannot be looked into.
    private static func inflated(_ octets: [UInt8], _ codings: [String], _ limit: Int) -> [UInt8]? {
        codings.isEmpty
            ? octets : try? ContentInflater.inflate(octets, codings: codings, limits: .init(length: limit))
    }

    /// Leaves nothing behind.
    func discard() {
        drop()
        if let file { store.discard(file) }
        file = nil
    }

    private func drop() {
        if case .held = treatment { store.held -= buffer.count }
        buffer = []
        treatment = .dropped
    }

    private func stream(_ octets: UnsafeBufferPointer<UInt8>) throws(FileFailure) {
        if file == nil, octets.count <= Self.inlineLimit - buffer.count {
            buffer.append(contentsOf: octets)
            return
        }
        if octets.count >= store.pieceSize {
            try writeBuffer()
            return try write(UnsafeRawBufferPointer(octets))
        }
        // A body with a file has its descriptor before it has a whole piece, and counts among the open ones.
        file = try openedFile()
        buffer.append(contentsOf: octets)
        if buffer.count >= store.pieceSize { try writeBuffer() }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        var body = try openedFile()
        defer { file = body }
        hash = hash ?? SHA256()
        hash?.update(bufferPointer: bytes)
        try store.write(bytes, to: &body)
    }

    private func openedFile() throws(FileFailure) -> BodyStore.OpenBody {
        if let file { return file }
        return try store.open()
    }

    private func writeBuffer() throws(FileFailure) {
        guard !buffer.isEmpty else { return }
        var failure: FileFailure?
        buffer.withUnsafeBytes { bytes in
            do throws(FileFailure) { try write(bytes) } catch { failure = error }
        }
        buffer.removeAll(keepingCapacity: true)
        if let failure { throw failure }
    }

    private func stored(isWhole: Bool) throws(FileFailure) -> Finished {
        if file == nil {
            if buffer.isEmpty {
                // Nothing arrived: empty where the message is whole, unknown where it broke off.
                return Finished(body: Body(length: length, stored: isWhole ? nil : .partial))
            }
            if let text = String(validating: buffer, as: UTF8.self) {
                return Finished(
                    body: Body(
                        length: length, sha256: Self.hexadecimal(SHA256.hash(data: buffer)),
                        stored: isWhole ? .inline : .partial, text: text))
            }
        }
        try writeBuffer()
        let body = try openedFile()
        let digest = Self.hexadecimal((hash ?? SHA256()).finalize())
        hash = nil
        file = nil
        return Finished(
            body: Body(length: length, sha256: digest, stored: isWhole ? .file : .partial),
            ticket: store.keep(body, sha256: digest))
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        digest.withUnsafeBytes { Hexadecimal.encode($0) }
    }

    /// Larger text is no joy to read in a line and makes every other tool read it too.
    private static let inlineLimit = 16 * 1024
}
