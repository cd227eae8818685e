import Listener
import NIOCore
import TapeModel

/// The proxy given by `--upstream-proxy`: `http://[user:password@]host[:port]`.
public struct UpstreamProxy: Sendable {
    let authority: Authority
    /// Value for `Proxy-Authorization`, where the URL names a user.
    let authorization: String?

    /// Nothing where the URL is not that of an HTTP proxy.
    public init?(url: String) {
        guard url.lowercased().hasPrefix("http://") else { return nil }
        let rest = url.dropFirst("http://".count).prefix { $0 != "/" }
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        guard let last = parts.last, let authority = Authority(String(last), defaultPort: 8080) else { return nil }
        self.authority = authority
        let user = parts.dropLast().joined(separator: "@")
        authorization = user.isEmpty ? nil : "Basic " + BasicCredentials.encode(PercentCoding.decode(user))
    }
}

/// Percent decoding of user information (RFC 3986 §2.1).
enum PercentCoding {
    static func decode(_ text: String) -> String {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if octet == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                octets.append(value)
                rest = rest.dropFirst(2)
            } else {
                octets.append(octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }
}

/// Asks an upstream proxy for a tunnel and leaves a channel that reaches the target (RFC 9110 §9.3.6).
final class UpstreamConnect: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    /// The tunnel, and what came through it with the proxy's answer.
    typealias Opened = (channel: any Channel, spoken: ByteBuffer)

    /// An upstream proxy that sends more than this before its answer is complete is not one.
    private static let longestAnswer = 16 * 1024

    private var answer = ByteBuffer()
    private let proxy: String
    private let promise: EventLoopPromise<Opened>
    private let patience: TimeAmount
    private var timer: Scheduled<Void>?
    private var isSettled = false

    private init(proxy: String, promise: EventLoopPromise<Opened>, patience: TimeAmount) {
        self.proxy = proxy
        self.promise = promise
        self.patience = patience
    }

    /// The future fails, and the channel is closed, where no tunnel is open after `patience`.
    static func open(
        _ channel: any Channel, to target: Authority, credentials: String?, patience: TimeAmount
    ) -> EventLoopFuture<Opened> {
        let promise = channel.eventLoop.makePromise(of: Opened.self)
        let name = channel.remoteAddress?.description ?? "upstream proxy"
        do {
            try channel.pipeline.syncOperations.addHandler(
                UpstreamConnect(proxy: name, promise: promise, patience: patience))
        } catch {
            promise.fail(error)
            return promise.futureResult
        }
        var request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let credentials { request += "Proxy-Authorization: \(credentials)\r\n" }
        channel.writeAndFlush(ByteBuffer(string: request + "\r\n"), promise: nil)
        channel.read()
        return promise.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [self] in
            fail(context, "did not answer CONNECT in time")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        answer.writeBuffer(&buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isSettled else { return }
        guard let length = HeadEnd.find(in: answer), let head = answer.readString(length: length) else {
            if answer.readableBytes > Self.longestAnswer { return fail(context, "sent no HTTP answer to CONNECT") }
            return context.read()
        }
        let statusLine = head.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }
        let words = statusLine.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), (200..<300).contains(status)
        else {
            let isAsking = words.count >= 2 && words[1] == "407"
            let advice = isAsking ? "; write the user into the URL of --upstream-proxy: http://user:password@host" : ""
            return fail(context, "answered CONNECT with \"\(statusLine.prefix(80))\"\(advice)")
        }
        isSettled = true
        timer?.cancel()
        // An origin that speaks first can have spoken already, in the same segment.
        let opened = (channel: context.channel, spoken: answer)
        context.pipeline.syncOperations.removeHandler(self).assumeIsolated().whenComplete { [promise] _ in
            promise.succeed(opened)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { fail(context, "closed the connection") }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(context, "closed the connection")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(context, "failed: \(error)")
    }

    private func fail(_ context: ChannelHandlerContext, _ what: String) {
        guard !isSettled else { return }
        isSettled = true
        timer?.cancel()
        promise.fail(
            ExchangeError(party: .proxy, code: "upstream-proxy", detail: "The upstream proxy \(proxy) \(what)."))
        context.close(promise: nil)
    }
}
