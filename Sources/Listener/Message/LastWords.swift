package import NIOCore

/// Ends a client's connection so that what was written last is also read.
///
/// Closing while the client is still sending would reset the connection and take the answer away from it. So its
/// octets are thrown away for a while after our half is closed, and none of them is answered (RFC 9112 §9.6).
package final class LastWords {
    /// S11: a client that was refused stops sending when it reads why.
    private static let patience = TimeAmount.seconds(1)

    private let channel: any Channel
    private var hasInputClosed: Bool
    private var isFlushed = false

    package init(_ channel: any Channel, hasInputClosed: Bool) {
        self.channel = channel
        self.hasInputClosed = hasInputClosed
    }

    /// On the channel's event loop.
    ///
    /// Everything that was written before goes out first, however slow the client is.
    package func speak() {
        channel.writeAndFlush(ByteBuffer()).assumeIsolated().whenComplete { result in
            guard case .success = result else { return self.channel.close(promise: nil) }
            self.isFlushed = true
            // With the client's half closed already, closing ours closes the connection.
            self.channel.close(mode: .output, promise: nil)
            guard !self.hasInputClosed else { return self.channel.close(promise: nil) }
            self.channel.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
                self.channel.close(promise: nil)
            }
        }
    }

    package func inputClosed() {
        hasInputClosed = true
        if isFlushed { channel.close(promise: nil) }
    }
}
