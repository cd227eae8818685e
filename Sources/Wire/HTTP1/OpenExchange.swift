import TapeModel

/// An exchange of an HTTP/1 connection that is not over yet.
struct OpenExchange: Sendable {
    let number: Int
    let asked: AskedFor
    let wantsUpgrade: Bool
    var interimCount = 0
    var hasRequestEnded = false
    var hasResponseEnded = false
    /// Why the request never came whole; what counts where no answer comes either.
    var failure: ExchangeError?
}
