/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea, Flood 2014).
///
/// A test that splits its input at random must fail again tomorrow where it failed today, so it takes its numbers from
/// here and says its seed.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Collection {
    /// This collection cut into pieces of random length from 1 to `longest`, in order and with nothing lost.
    public func split(upTo longest: Int, using generator: inout SeededGenerator) -> [SubSequence] {
        var pieces: [SubSequence] = []
        var rest = self[startIndex...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...Swift.max(1, longest), using: &generator)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}
