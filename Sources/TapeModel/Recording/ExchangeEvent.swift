/// What a decoder of one connection says, in the order in which it saw it.
///
/// `exchange` numbers the exchanges of a connection from 1 in the order of their requests. Bodies are never
/// carried: a range points into the bytes that were handed to the decoder in the same call, so that the octets of
/// a layer are copied by nobody.
public enum ExchangeEvent: Sendable, Hashable {
    /// A request head is complete; `started` is when its first octet arrived.
    case requestReceived(exchange: Int, stream: Int?, RequestHead, started: Instant)
    case interimReceived(exchange: Int, ResponseHead)
    /// A final response head is complete; `started` is when its first octet arrived.
    case responseReceived(exchange: Int, ResponseHead, started: Instant)
    /// Content octets of one message, as a range of the bytes just handed in.
    case bodyReceived(exchange: Int, Side, Range<Int>)
    case trailersReceived(exchange: Int, Side, [FieldLine])
    /// The message of that side is whole.
    case messageEnded(exchange: Int, Side)
    /// Nothing more will come: whole where there is no error. Said exactly once for each exchange.
    case exchangeEnded(exchange: Int, ExchangeError?)
    case anomalyFound(Anomaly)
    /// From here on the connection carries something that is not HTTP, such as an accepted upgrade.
    case becameOpaque(reason: String)
}
