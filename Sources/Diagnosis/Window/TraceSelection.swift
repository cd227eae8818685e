public import Registry

/// Some exchanges of a window, in tape order.
///
/// A list of places, so that it costs next to nothing to have one, to count it and to ask for its ends. An exchange is
/// large, and looking at each of five hundred takes half a millisecond: ask what is cheap first.
public struct TraceSelection: RandomAccessCollection, Sendable {
    private let window: [ExchangeBox]
    private let first: Int
    /// Places in the window; where there is none, one after another from `first`.
    private let places: [Int]?
    public let endIndex: Int

    public var startIndex: Int { 0 }

    public subscript(position: Int) -> DecodedExchange {
        // Lent and not given: a copy of an exchange counts some dozen references up and down.
        _read { yield box(position).exchange }
    }

    private func box(_ position: Int) -> ExchangeBox {
        if let places { window[places[position]] } else { window[first + position] }
    }

    init(_ window: [ExchangeBox], range: Range<Int>) {
        self.window = window
        first = range.lowerBound
        places = nil
        endIndex = range.count
    }

    init(_ window: [ExchangeBox], places: [Int]) {
        self.window = window
        first = 0
        self.places = places
        endIndex = places.count
    }
}

/// An exchange that many windows share without copying it.
final class ExchangeBox: Sendable {
    let exchange: DecodedExchange

    init(_ exchange: DecodedExchange) { self.exchange = exchange }
}
