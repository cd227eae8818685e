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
    }

    /// The channel does not read until its handlers are in place and autoRead is switched on.
    func dial(_ target: Authority, through proxy: UpstreamProxy?) -> EventLoopFuture<Dialed> {
        let clock = services.clock
        let started = clock.now()
        let resolver = OriginResolver(
            on: eventLoop, threads: services.threads, ownAddress: services.ownAddress.value, clock: clock)
        let hop = proxy?.authority ?? target
        let bootstrap = ClientBootstrap(group: eventLoop)
            .resolver(resolver)
            .connectTimeout(DialFailure.patience)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
        let connected =
            services.settings.addresses[hop.description].map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: hop.host, port: hop.port)
        let ready = proxy.map { proxy in
            connected.flatMap { channel in
                UpstreamConnect.open(channel, to: target, credentials: proxy.authorization)
            }
        }
        return (ready ?? connected).map { channel in
            var timing = Timing()
            timing.dns = resolver.elapsed
            timing.connect = max(0, clock.now().microseconds(since: started) - timing.dns)
            return Dialed(channel: channel, timing: timing)
        }
    }
}
