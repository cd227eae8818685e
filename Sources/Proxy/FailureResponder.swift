import Listener
import NIOCore
import TapeModel
import Wire

/// Stands in for an origin that could not be reached: reads requests and answers each with 502 and the reason.
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
    private var isHead = false

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

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            parts.removeAll(keepingCapacity: true)
            do {
                let count = try reader.read(buffer.readableBytesUInt8Span, at: clock.now(), into: &parts)
                buffer.moveReaderIndex(forwardBy: count)
            } catch {
                context.close(promise: nil)
                return
            }
            for part in parts { handle(part, context) }
        }
    }

    private func handle(_ part: MessagePart, _ context: ChannelHandlerContext) {
        switch part {
        case .requestHead(let line, let fields, _):
            isHead = line.method == "HEAD"
            let host = fields.first("host") ?? authority
            let url = line.target.hasPrefix("/") ? "\(scheme)://\(host)\(line.target)" : line.target
            report(RequestHead(method: line.method, url: url, version: line.version, fields: fields))
            // Answered at once: a client that waits for 100 (Continue) must not wait for nothing.
            let text = FailureAnswer.response(
                status: 502, reason: "Bad Gateway", error: error, isHead: isHead, keepAlive: false)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        case .end:
            context.close(mode: .output, promise: nil)
        case .responseHead, .body, .trailers, .anomaly:
            break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
