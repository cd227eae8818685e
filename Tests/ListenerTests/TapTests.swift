import Listener
import NIOCore
import Synchronization
import TapeModel
import Testing

/// The queue between the network and the recorder: in order, bounded, and never in the way of an end.
struct TapTests {
    /// A tap whose consumer does nothing until it is told to.
    private final class Waker: Sendable {
        let calls = Atomic(0)
    }

    private func bytes(_ count: Int, _ connection: ConnectionID = 1) -> TapItem {
        .bytes(connection, .server, ByteBuffer(repeating: 7, count: count), at: Instant(microseconds: 0))
    }

    private func end(_ connection: ConnectionID) -> TapItem {
        .closed(
            ConnectionEnd(
                id: connection, ended: Instant(microseconds: 0), closedBy: .client, clientBytes: 0, serverBytes: 0))
    }

    @Test func `the consumer is woken once for as much as there is`() {
        let waker = Waker()
        let tap = Tap { waker.calls.add(1, ordering: .relaxed) }
        for _ in 0..<10 { tap.put(bytes(10)) }
        #expect(waker.calls.load(ordering: .relaxed) == 1)
        var taken = 0
        tap.consume { taken += $0.count }
        #expect(taken == 10)
        tap.put(bytes(10))
        #expect(waker.calls.load(ordering: .relaxed) == 2)
    }

    @Test func `memory bounds it, however many or few the items are`() {
        let few = Tap {}
        var count = 0
        while !few.isFull, count < 1_000_000 {
            few.put(bytes(1 << 20))
            count += 1
        }
        #expect(count < 20)
        // Octets of a slice keep the whole allocation alive, so that is what counts; and an item costs by itself.
        let many = Tap {}
        count = 0
        while !many.isFull, count < 1_000_000 {
            many.put(.endOfStream(1, .client, at: Instant(microseconds: 0)))
            count += 1
        }
        #expect(count < 100_000)
    }

    @Test func `a full tap still takes the ends of connections, and wakes readers when there is room`() {
        let tap = Tap {}
        let resumed = Atomic(0)
        while !tap.isFull { tap.put(bytes(1 << 20)) }
        for _ in 0..<3 { tap.whenDrained { resumed.add(1, ordering: .relaxed) } }
        tap.put(end(1))
        #expect(resumed.load(ordering: .relaxed) == 0)
        var sawEnd = false
        tap.consume { batch in
            for case .closed in batch { sawEnd = true }
        }
        #expect(sawEnd)
        #expect(!tap.isFull)
        #expect(resumed.load(ordering: .relaxed) == 3)
        tap.whenDrained { resumed.add(1, ordering: .relaxed) }
        #expect(resumed.load(ordering: .relaxed) == 4)
    }

    @Test func `readers are woken before the last of what waited is consumed`() {
        let tap = Tap {}
        let resumed = Atomic(0)
        while !tap.isFull { tap.put(bytes(64 << 10)) }
        tap.whenDrained { resumed.add(1, ordering: .relaxed) }
        var resumedBefore: [Int] = []
        tap.consume { _ in resumedBefore.append(resumed.load(ordering: .relaxed)) }
        #expect(resumedBefore.first == 0)
        #expect(resumedBefore.last == 1)
    }

    @Test func `what one connection puts comes out in its order, whoever else puts at the same time`() async {
        let tap = Tap {}
        await withTaskGroup(of: Void.self) { group in
            for connection in 1...4 {
                group.addTask {
                    for count in 1...500 { tap.put(bytes(count, connection)) }
                    tap.put(end(connection))
                }
            }
        }
        var next: [ConnectionID: Int] = [:]
        var ended: Set<ConnectionID> = []
        tap.consume { batch in
            for item in batch {
                switch item {
                case .bytes(let connection, _, let buffer, _):
                    next[connection, default: 0] += 1
                    #expect(buffer.readableBytes == next[connection])
                case .closed(let end): ended.insert(end.id)
                default: break
                }
            }
        }
        #expect(next.values.allSatisfy { $0 == 500 })
        #expect(ended == [1, 2, 3, 4])
    }
}
