import TapeModel

/// Puts one exchange together from what a decoder said of it: heads, trailers and how long each part took.
///
/// A value without files or clocks. It keeps the original heads beside the redacted ones, because what may be kept
/// of a body depends on fields that the tape must not show. Bodies themselves go through `BodySpool`.
struct ExchangeAssembly {
    let originalRequest: RequestHead
    private(set) var originalResponse: ResponseHead?
    private(set) var exchange: Exchange
    private var requestLast: Instant
    private var responseFirst: Instant?
    private var responseLast: Instant?
    private var hasRequestEnded = false
    private var hasResponseEnded = false

    /// Begins with the record as far as it is known when the request head is complete.
    ///
    /// Its request head is already redacted, its timing that of the connection where this exchange opened it.
    init(_ exchange: Exchange, originalRequest: RequestHead, at now: Instant) {
        self.exchange = exchange
        self.originalRequest = originalRequest
        self.requestLast = now
    }

    mutating func interimReceived(_ redacted: ResponseHead) {
        exchange.interim.append(redacted)
    }

    mutating func responseReceived(_ original: ResponseHead, redacted: ResponseHead, started: Instant, at now: Instant)
    {
        originalResponse = original
        exchange.response = Exchange.Response(head: redacted)
        responseFirst = started
        responseLast = now
    }

    mutating func octetsReceived(from side: Side, at now: Instant) {
        switch side {
        case .client: requestLast = max(requestLast, now)
        case .server: responseLast = max(responseLast ?? now, now)
        }
    }

    mutating func trailersReceived(from side: Side, redacted: [FieldLine], at now: Instant) {
        octetsReceived(from: side, at: now)
        switch side {
        case .client: exchange.request.trailers += redacted
        case .server: exchange.response?.trailers += redacted
        }
    }

    mutating func messageEnded(_ side: Side, at now: Instant) {
        octetsReceived(from: side, at: now)
        switch side {
        case .client: hasRequestEnded = true
        case .server: hasResponseEnded = true
        }
    }

    /// The content codings that the original head of that side names.
    func codings(of side: Side) -> [String] {
        let fields = side == .client ? originalRequest.fields : originalResponse?.fields ?? []
        return fields.values(of: "content-encoding").flatMap { ContentInflater.codings(of: $0) }
    }

    func isWhole(_ side: Side) -> Bool { side == .client ? hasRequestEnded : hasResponseEnded }

    /// The record, with the bodies that were stored and the failure, if any.
    ///
    /// Where no answer came, how long was waited for it is what there is to know.
    func finished(requestBody: Body, responseBody: Body, error: ExchangeError?, at now: Instant) -> Exchange {
        var exchange = exchange
        exchange.request.body = requestBody
        exchange.response?.body = responseBody
        exchange.error = error
        exchange.timing.send = requestLast.microseconds(since: exchange.started)
        if let responseFirst, let responseLast {
            exchange.timing.wait = responseFirst.microseconds(since: requestLast)
            exchange.timing.receive = responseLast.microseconds(since: responseFirst)
        } else if isWhole(.client) {
            exchange.timing.wait = now.microseconds(since: requestLast)
        }
        return exchange
    }
}
