public import Registry
import TapeModel

extension DecodedExchange {
    /// There is no whole answer, or its status is 400 or above.
    public var hasFailed: Bool { exchange.error != nil || status.map { $0 >= 400 } ?? true }

    /// The answer is whole and says that it was done (2xx), or that nothing had to be (304).
    ///
    /// A redirect is neither success nor failure: what came of it is told by the exchange that follows it.
    public var hasSucceeded: Bool {
        exchange.error == nil && (status.map { (200..<300).contains($0) || $0 == 304 } ?? false)
    }
}
