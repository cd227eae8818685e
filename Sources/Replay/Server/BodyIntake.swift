import NIOCore
import NIOPosix

/// Takes the content of one request into the sink that was decided for it.
///
/// Lives on the event loop of its connection; an upload is written by threads that may block, piece after piece. Where
/// the disk is slower than the client, `isBusy` says that nothing more should be read.
final class BodyIntake {
    /// Octets that may wait for the disk.
    private static let mostWaiting = 1 << 20
    /// Octets for which a thread is worth its while.
    private static let worthWriting = 128 << 10

    private let sink: BodySink
    private let uploads: UploadFiles
    private let loop: any EventLoop
    private var held = ByteBuffer()
    private var length: Int64 = 0
    private var isTooLong = false
    private var hasFailed = false
    private var isWriting = false
    private var ending: (isBroken: Bool, then: (Outcome) -> Void)?
    private let onReady: () -> Void

    enum Outcome {
        case received(ReceivedBody, octets: [UInt8])
        /// Our own disk failed us.
        case failed
    }

    init(_ sink: BodySink, uploads: UploadFiles, loop: any EventLoop, onReady: @escaping () -> Void) {
        self.sink = sink
        self.uploads = uploads
        self.loop = loop
        self.onReady = onReady
    }

    var isBusy: Bool { isWriting && held.readableBytes >= Self.mostWaiting }

    func append(_ octets: ByteBuffer) {
        guard !hasFailed, !isTooLong else { return }
        length += Int64(octets.readableBytes)
        var octets = octets
        if held.readableBytes == 0 { held = octets } else { held.writeBuffer(&octets) }
        switch sink {
        case .memory(let limit):
            guard length > Int64(limit) else { return }
            isTooLong = true
            held.clear()
        case .upload: if held.readableBytes >= Self.worthWriting { write() }
        }
    }

    /// Gives what became of the body when all of it is in its place; `isBroken` where the client left before its end.
    func finish(isBroken: Bool, then: @escaping (Outcome) -> Void) {
        ending = (isBroken, then)
        advance()
    }

    private func advance() {
        guard let (isBroken, then) = ending, !isWriting else { return }
        if hasFailed {
            ending = nil
            return then(.failed)
        }
        switch sink {
        case .memory:
            ending = nil
            if isTooLong { return then(.received(.tooLong, octets: [])) }
            if isBroken { return then(.received(.broken(length: length), octets: [])) }
            let octets = Array(held.readableBytesView)
            uploads.digest(of: octets, on: loop) { sha256 in
                then(sha256.map { .received(.memory(octets, sha256: $0), octets: octets) } ?? .failed)
            }
        case .upload(let id, _, let keeps):
            if held.readableBytes > 0 { return write() }
            ending = nil
            if isBroken { return then(.received(.broken(length: length), octets: [])) }
            let length = length
            uploads.digest(of: id, keeps: keeps, on: loop) { sha256 in
                then(sha256.map { .received(.upload(length: length, sha256: $0), octets: []) } ?? .failed)
            }
        }
    }

    private func write() {
        guard !isWriting, case .upload(let id, _, let keeps) = sink else { return }
        isWriting = true
        let octets = held
        held = ByteBuffer()
        uploads.append(octets, to: id, keeps: keeps, on: loop) { [self] isWritten in
            isWriting = false
            if !isWritten {
                hasFailed = true
                held.clear()
            }
            if held.readableBytes >= Self.worthWriting { write() }
            advance()
            onReady()
        }
    }
}
