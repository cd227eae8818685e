import Listener
import NIOCore
import NIOPosix
import TapeModel

/// Opens the TCP connection to an origin, straight or through the upstream proxy, on the client's event loop.
struct OriginDialer {
    let services: ProxyServices
    let eventLoop: any EventLoop

    struct Dialed {
        let channel: any Channel
        let timing: Timing
        /// What an origin behind an upstream proxy said before the channel was ours: to be fired into the pipeline
        /// when the handlers are in place.
        let spoken: ByteBuffer
    }

    /// The channel does not read until its handlers are in place and autoRead is switched on.
    func dial(_ target: Authority, through proxy: UpstreamProxy?) -> EventLoopFuture<Dialed> {
        let clock = services.clock
        let started = clock.now()
        let resolver = OriginResolver(
            on: eventLoop, threads: services.threads, ownAddress: services.ownAddress.value, clock: clock)
        let patience = services.settings.tunnelPatience.origin
        let hop = proxy?.authority ?? target
        let bootstrap = ClientBootstrap(group: eventLoop)
            .resolver(resolver)
            .connectTimeout(patience)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
        let connected =
            services.settings.addresses[hop.description].map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: hop.host, port: hop.port)
        let ready: EventLoopFuture<UpstreamConnect.Opened> = connected.flatMap { channel in
            guard let proxy else { return channel.eventLoop.makeSucceededFuture((channel, ByteBuffer())) }
            return UpstreamConnect.open(channel, to: target, credentials: proxy.authorization, patience: patience)
        }
        return ready.map { opened in
            var timing = Timing()
            timing.dns = resolver.elapsed
            timing.connect = max(0, clock.now().microseconds(since: started) - timing.dns)
            return Dialed(channel: opened.channel, timing: timing, spoken: opened.spoken)
        }
    }
}
