import Listener
import NIOCore
import TapeModel
import Wire

/// Stands in for an origin that could not be reached: answers one request with 502 and the reason.
///
/// One, because the connection ends with that answer; what a client has sent behind it is not read as requests.
final class FailureResponder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let error: ExchangeError
    private let authority: String
    private let scheme: String
    private let clock: RecordingClock
    private let report: (RequestHead) -> Void
    private var reader = MessageReader(kind: .request, strictness: .refusing)
    private var parts: [MessagePart] = []
    private var isAnswered = false
    private var lastWords: LastWords?
    private var hasInputClosed = false
    private var timer: Scheduled<Void>?

    init(
        error: ExchangeError, authority: String, scheme: String, clock: RecordingClock,
        report: @escaping (RequestHead) -> Void
    ) {
        self.error = error
        self.authority = authority
        self.scheme = scheme
        self.clock = clock
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: MessagePatience().head) {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        let buffer = unwrapInboundIn(data)
        parts.removeAll(keepingCapacity: true)
        do throws(MessageRefusal) {
            _ = try reader.read(buffer.readableBytesUInt8Span, at: clock.now(), into: &parts)
        } catch {
            context.close(promise: nil)
            return
        }
        guard case .requestHead(let line, let fields, _)? = parts.first else { return }
        answer(line, fields, context)
    }

    /// At once and not behind the request's body: a client that waits for 100 (Continue) must not wait for nothing.
    private func answer(_ line: RequestLine, _ fields: [FieldLine], _ context: ChannelHandlerContext) {
        isAnswered = true
        timer?.cancel()
        let host = fields.first("host") ?? authority
        let url = line.target.hasPrefix("/") ? "\(scheme)://\(host)\(line.target)" : line.target
        report(RequestHead(method: line.method, url: url, version: line.version, fields: fields))
        let text = FailureAnswer.response(
            status: 502, reason: "Bad Gateway", error: error, isHead: line.method == "HEAD", keepAlive: false)
        context.write(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        let words = LastWords(context.channel, hasInputClosed: hasInputClosed)
        lastWords = words
        words.speak()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        hasInputClosed = true
        lastWords?.inputClosed()
        if !isAnswered { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
