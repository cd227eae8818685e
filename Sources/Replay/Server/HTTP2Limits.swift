import NIOCore
import NIOHTTP2

/// What a client of HTTP/2 may ask of us (RELIABILITY.md H1-H5).
///
/// Floods of errors and control frames are counted by NIO, whose limits of 200 in half a minute stay as they are.
enum HTTP2Limits {
    /// Largest header section, as for HTTP/1.
    private static let headerList = 64 << 10
    /// Streams at once; clients of registries open some six.
    private static let streams = 100
    /// Resets by the client in half a minute.
    ///
    /// Clients of registries have some six streams to take back. Each costs 10 us, and who waits behind a flood waits for all
    /// that one connection may do before it is ended.
    private static let resets = 50
    /// A layer on its way in should not wait for window updates at every 64 KiB.
    private static let window = 1 << 20

    /// What a client that opens no window makes us hold for each of its streams: 16 MB for a thousand of them.
    static let held = 16 << 10

    static var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: headerList),
            HTTP2Setting(parameter: .initialWindowSize, value: window),
        ]
        configuration.targetWindowSize = window
        return configuration
    }

    static var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.targetWindowSize = window
        configuration.outboundBufferSizeHighWatermark = held
        configuration.outboundBufferSizeLowWatermark = held / 2
        configuration.streamResetFrameRateLimit.maximumCount = resets
        return configuration
    }
}
