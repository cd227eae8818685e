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
    private var hash = SHA256()
    private var file: BodyStore.OpenBody?

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
    /// `isWhole` is false where the message broke off before its end.
    func finish(isWhole: Bool, redact: ([UInt8]) -> [UInt8]?) throws(FileFailure) -> Body {
        switch treatment {
        case .dropped:
            return Body(length: length, stored: Body.Storage.none)
        case .verbatim:
            return try stored(isWhole: isWhole, isRedacted: false)
        case .held:
            let original = buffer
            store.held -= buffer.count
            buffer = []
            treatment = .verbatim
            if original.isEmpty { return try stored(isWhole: isWhole, isRedacted: false) }
            guard let kept = redact(original) else {
                return Body(length: length, stored: Body.Storage.none, isRedacted: true)
            }
            var failure: FileFailure?
            kept.withUnsafeBufferPointer { octets in
                do throws(FileFailure) { try stream(octets) } catch { failure = error }
            }
            if let failure { throw failure }
            return try stored(isWhole: isWhole, isRedacted: kept != original)
        }
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
        let body = try openedFile()
        if octets.count >= store.pieceSize {
            try writeBuffer(to: body)
            hash.update(bufferPointer: UnsafeRawBufferPointer(octets))
            return try store.write(UnsafeRawBufferPointer(octets), to: body)
        }
        buffer.append(contentsOf: octets)
        if buffer.count >= store.pieceSize { try writeBuffer(to: body) }
    }

    private func openedFile() throws(FileFailure) -> BodyStore.OpenBody {
        if let file { return file }
        let opened = try store.open()
        file = opened
        return opened
    }

    private func writeBuffer(to body: BodyStore.OpenBody) throws(FileFailure) {
        guard !buffer.isEmpty else { return }
        var failure: FileFailure?
        buffer.withUnsafeBytes { bytes in
            hash.update(bufferPointer: bytes)
            do throws(FileFailure) { try store.write(bytes, to: body) } catch { failure = error }
        }
        buffer.removeAll(keepingCapacity: true)
        if let failure { throw failure }
    }

    private func stored(isWhole: Bool, isRedacted: Bool) throws(FileFailure) -> Body {
        if file == nil {
            if buffer.isEmpty {
                // Nothing arrived: empty where the message is whole, unknown where it broke off.
                return Body(length: length, stored: isWhole ? nil : .partial, isRedacted: isRedacted)
            }
            if let text = String(validating: buffer, as: UTF8.self) {
                return Body(
                    length: length, sha256: Hexadecimal.encode(SHA256.hash(data: buffer)),
                    stored: isWhole ? .inline : .partial, text: text, isRedacted: isRedacted)
            }
        }
        let body = try openedFile()
        try writeBuffer(to: body)
        let digest = Hexadecimal.encode(hash.finalize())
        let size = try store.size(of: body)
        file = nil
        try store.keep(body, sha256: digest, length: size)
        return Body(length: length, sha256: digest, stored: isWhole ? .file : .partial, isRedacted: isRedacted)
    }

    /// Larger text is no joy to read in a line and makes every other tool read it too.
    private static let inlineLimit = 16 * 1024
}
