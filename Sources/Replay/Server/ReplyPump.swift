import Glibc
import NIOCore
import NIOPosix
import TapeModel

/// Where a pump puts an answer: one exchange of an HTTP/1.1 connection, or a stream of HTTP/2.
protocol ReplySink: AnyObject {
    var isWritable: Bool { get }
    /// Whether a file can go straight to the socket.
    var takesFiles: Bool { get }
    /// Octets to begin with: what a client makes us hold that takes nothing (RELIABILITY.md H5).
    var firstPiece: Int64 { get }
    /// The client may send its content (RFC 9110 §10.1.1).
    func sendContinue()
    /// More of the request's content may come.
    func isReadyForMore()
    func sendHead(_ head: ReplyHead, isEnd: Bool)
    func sendOctets(_ octets: ByteBuffer, isEnd: Bool)
    func sendFile(_ region: FileRegion, isEnd: Bool, then: @escaping (Bool) -> Void)
    func flush()
    /// Everything has been handed over.
    func replyEnded()
    /// What the client has is not all, and it must see that.
    func breakOff(isReset: Bool)
}

/// Sends one reply: its head, then its content piece by piece, no faster than the client takes it.
///
/// Content of files is never held but for a piece. A file that turns out shorter than it was breaks the answer off;
/// the client never gets other octets in place of the missing ones.
final class ReplyPump {
    /// The longest piece that is handed over at once.
    static let pieceSize: Int64 = 128 << 10
    /// One `sendfile`: small enough that a stalled client is noticed by what it no longer takes.
    private static let regionSize: Int64 = 256 << 10
    /// With a bandwidth, content leaves this often.
    private static let beat = TimeAmount.milliseconds(20)
    private static let beatsPerSecond: Int64 = 50
    /// A day: no client waits longer, whatever a tape says.
    private static let longestDelay: Int64 = 86_400_000_000

    private let reply: Reply
    private let head: ReplyHead
    private let bodies: CheckedBodies
    private let loop: any EventLoop
    private weak var sink: (any ReplySink)?
    private var index = 0
    private var offset: Int64 = 0
    private var sent: Int64 = 0
    /// The next piece's length; it grows with what the client takes.
    private var piece: Int64
    private let total: Int64
    private var descriptor: (sha256: String, number: Int32)?
    private var isWorking = false
    private var isOver = false
    private var hasBegun = false
    private var timer: Scheduled<Void>?

    init(_ reply: Reply, toMethod method: String, bodies: CheckedBodies, loop: any EventLoop, sink: any ReplySink) {
        self.reply = reply
        head = ReplyHead(reply, toMethod: method)
        self.bodies = bodies
        self.loop = loop
        self.sink = sink
        piece = min(sink.firstPiece, Self.pieceSize)
        total = head.hasContent ? reply.length : 0
    }

    func start() {
        guard reply.delivery.delay > 0 else { return begin() }
        timer = loop.assumeIsolated().scheduleTask(in: .microseconds(min(reply.delivery.delay, Self.longestDelay))) {
            self.begin()
        }
    }

    /// The client takes more again.
    func resume() {
        if !isOver { advance() }
    }

    /// The client has left.
    func stop() {
        isOver = true
        timer?.cancel()
        closeFile()
    }

    private func begin() {
        timer = nil
        guard !isOver, let sink else { return }
        switch reply.delivery.ending {
        case .silence: return
        case .reset: return breakOff(isReset: true)
        case .complete, .cut: break
        }
        hasBegun = true
        let isEnd = total == 0 && head.contentLength ?? 0 == 0 || !head.hasContent
        sink.sendHead(head, isEnd: isEnd)
        if isEnd { return end() }
        advance()
    }

    private func end() {
        isOver = true
        closeFile()
        sink?.replyEnded()
    }

    private func breakOff(isReset: Bool) {
        isOver = true
        closeFile()
        sink?.breakOff(isReset: isReset)
    }

    /// Whether nothing but the client's own speed shapes the content.
    private var isUnshaped: Bool {
        reply.delivery.bandwidth == nil && reply.delivery.cutAfter == nil && reply.delivery.flippedOctet == nil
    }

    private var limit: Int64 { min(total, reply.delivery.cutAfter ?? .max) }

    private func advance() {
        guard !isWorking, !isHeld, hasBegun else { return }
        isWorking = true
        defer {
            isWorking = false
            sink?.flush()
        }
        while !isOver, timer == nil, let sink {
            guard sent < limit else {
                // A recorded answer that broke off announces more than it has.
                let isWhole = sent >= total && total == head.contentLength ?? total
                return isWhole ? end() : breakOff(isReset: false)
            }
            guard sink.isWritable else { return }
            guard index < reply.content.count else { return breakOff(isReset: false) }
            let content = reply.content[index]
            guard offset < content.length else {
                index += 1
                offset = 0
                continue
            }
            switch content {
            case .octets(let octets):
                let count = min(allowance(content.length - offset), piece)
                send(ByteBuffer(bytes: octets[Int(offset)..<Int(offset + count)]))
            case .stored(let sha256, let range):
                if !stored(sha256, range) { return }
            }
        }
    }

    /// Octets that may go in one step.
    private func allowance(_ available: Int64) -> Int64 {
        var count = min(available, limit - sent)
        if let bandwidth = reply.delivery.bandwidth {
            count = min(count, max(1, bandwidth / Self.beatsPerSecond))
        }
        return max(0, count)
    }

    private func send(_ octets: ByteBuffer) {
        var octets = octets
        let count = Int64(octets.readableBytes)
        if let flipped = reply.delivery.flippedOctet, flipped >= sent, flipped < sent + count {
            let place = octets.readerIndex + Int(flipped - sent)
            octets.setInteger((octets.getInteger(at: place, as: UInt8.self) ?? 0) ^ 0x01, at: place)
        }
        offset += count
        sent += count
        piece = min(piece * 2, Self.pieceSize)
        sink?.sendOctets(octets, isEnd: sent == total && total == head.contentLength ?? total)
        guard reply.delivery.bandwidth != nil, sent < limit else { return }
        timer = loop.assumeIsolated().scheduleTask(in: Self.beat) {
            self.timer = nil
            self.advance()
        }
    }

    // MARK: Files

    /// Sends from a file; false where what follows waits for something.
    private func stored(_ sha256: String, _ range: Range<Int64>) -> Bool {
        var found: CheckedBodies.Found?
        // Looked at before the head was sent, so the answer is at hand.
        bodies.find(sha256, on: loop) { found = $0 }
        switch found {
        case .small(let octets)?:
            let start = range.lowerBound + offset
            let count = min(allowance(range.upperBound - start), piece)
            guard let slice = octets.getSlice(at: octets.readerIndex + Int(start), length: Int(count)) else {
                breakOff(isReset: false)
                return false
            }
            send(slice)
            return true
        case .file?:
            file(sha256, range)
            return false
        case .missing?, .wrong?, nil:
            breakOff(isReset: false)
            return false
        }
    }

    private func file(_ sha256: String, _ range: Range<Int64>) {
        let start = range.lowerBound + offset
        let isPlain = isUnshaped && sink?.takesFiles == true
        let count = min(allowance(range.upperBound - start), isPlain ? Self.regionSize : piece)
        if isPlain, let descriptor, descriptor.sha256 == sha256 {
            return region(descriptor.number, start, count)
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let known = descriptor.flatMap { $0.sha256 == sha256 ? $0.number : nil }
        if known == nil { closeFile() }
        let bodies = bodies.bodies
        isHeld = true
        self.bodies.threads.runIfActive(eventLoop: loop) { () -> (Int32, ByteBuffer?)? in
            guard let number = known ?? bodies.open(sha256: sha256)?.descriptor else { return nil }
            return (number, isPlain ? nil : BodyReading.octets(number, from: start, count: Int(count)))
        }.whenComplete { result in
            bound.value.opened(sha256, start, count, isPlain, (try? result.get()) ?? nil)
        }
    }

    /// While a thread or the socket has the work, `resume` must not begin it once more.
    private var isHeld = false

    private func opened(
        _ sha256: String, _ start: Int64, _ count: Int64, _ isPlain: Bool, _ result: (Int32, ByteBuffer?)?
    ) {
        isHeld = false
        guard let (number, octets) = result else { return isOver ? () : breakOff(isReset: false) }
        if descriptor == nil { descriptor = (sha256, number) }
        guard !isOver else { return closeFile() }
        if isPlain { return region(number, start, count) }
        guard let octets else { return breakOff(isReset: false) }
        send(octets)
        advance()
    }

    private func region(_ number: Int32, _ start: Int64, _ count: Int64) {
        // A handle of its own, because the channel may keep it until the socket has taken the last octet.
        let copy = dup(number)
        guard copy >= 0, let sink else { return breakOff(isReset: false) }
        // At the end of a file `sendfile` says that nothing was sent, and the channel would wait for ever.
        guard let length = BodyReading.length(copy), start + count <= length else {
            BodyReading.close(copy)
            return breakOff(isReset: false)
        }
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: copy)
        let region = FileRegion(fileHandle: handle, readerIndex: Int(start), endIndex: Int(start + count))
        isHeld = true
        sink.sendFile(region, isEnd: false) { [self] isSent in
            try? handle.close()
            isHeld = false
            guard !isOver else { return closeFile() }
            guard isSent else { return breakOff(isReset: false) }
            offset += count
            sent += count
            advance()
        }
    }

    private func closeFile() {
        guard !isHeld, let number = descriptor?.number else { return }
        descriptor = nil
        bodies.threads.submit { _ in BodyReading.close(number) }
    }
}
