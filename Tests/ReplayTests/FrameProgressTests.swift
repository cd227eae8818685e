import Replay
import TestSupport
import Testing

/// Which octets leave a client owing us the rest of something.
struct FrameProgressTests {
    private static let get = RawHTTP2.get("/v2/", stream: 1)

    @Test(
        arguments: [
            ([], true), (RawHTTP2.preface, true), (RawHTTP2.opening, false), (RawHTTP2.opening.dropLast(), true),
            (RawHTTP2.opening + get, false), (RawHTTP2.opening + get.dropLast(), true),
            (RawHTTP2.opening + get.prefix(3), true), (RawHTTP2.opening + get.prefix(9), true),
            // A header section goes on until its last piece says so.
            (RawHTTP2.opening + RawHTTP2.frame(1, flags: 1, stream: 1, [0x82]), true),
            (
                RawHTTP2.opening + RawHTTP2.frame(1, flags: 1, stream: 1, [0x82])
                    + RawHTTP2.frame(9, flags: 4, stream: 1),
                false
            ),
            (RawHTTP2.opening + RawHTTP2.frame(0, stream: 1, [1, 2, 3]), false),
            (RawHTTP2.opening + RawHTTP2.frame(77, flags: 0xFF, stream: 1), false),
        ] as [([UInt8], Bool)])
    func `a client owes what it has begun`(octets: [UInt8], isOwing: Bool) {
        var generator = SeededGenerator(seed: 7)
        for pieces in [[octets[...]], octets.indices.map { octets[$0...$0] }, octets.split(upTo: 5, using: &generator)]
        {
            var progress = FrameProgress()
            for piece in pieces { progress.received(piece) }
            #expect(progress.isOwing == isOwing)
        }
    }
}
