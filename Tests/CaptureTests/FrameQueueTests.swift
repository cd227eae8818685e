import Capture
import Dispatch
import TapeModel
import Testing
import Wire

/// What lies between the thread that reads and the one that decodes.
struct FrameQueueTests {
    private static func frame(_ octets: [UInt8], at microseconds: Int64 = 0) -> CapturedFrame {
        CapturedFrame(
            octets: 0..<0, link: 1, originalLength: octets.count, time: Instant(microseconds: microseconds))
    }

    private static func append(_ octets: [UInt8], to batch: FrameBatch) -> Bool {
        octets.withUnsafeBufferPointer { batch.append($0, frame(octets)) }
    }

    @Test func `a batch holds frames one behind the other, and refuses what does not fit`() {
        let batch = FrameBatch()
        #expect(batch.isEmpty)
        let longest = [UInt8](repeating: 7, count: CaptureDevice.longestFrame)
        var count = 0
        while Self.append(longest, to: batch) { count += 1 }
        #expect(count == FrameBatch.capacity / longest.count)
        #expect(batch.frames.last?.octets.upperBound == count * longest.count)
        batch.removeAll()
        #expect(batch.isEmpty)
        #expect(Self.append([1, 2], to: batch) && Self.append([3], to: batch))
        #expect(batch.frames.map(\.octets) == [0..<2, 2..<3])
        #expect(batch.octets[2] == 3)
    }

    @Test func `batches come in order, none more than there is room for, and the end comes last`() {
        let queue = FrameQueue(capacity: 2)
        let isDone = DispatchSemaphore(value: 0)
        DispatchQueue(label: "reader").async {
            // Waits for room ninety-eight times.
            for number in 0..<100 {
                let batch = queue.takeFree()
                _ = Self.append([UInt8(number)], to: batch)
                queue.put(batch)
            }
            queue.end()
            isDone.signal()
        }
        var seen: [UInt8] = []
        var identities: Set<ObjectIdentifier> = []
        loop: while true {
            switch queue.next(within: 10_000) {
            case .batch(let batch):
                seen.append(batch.octets[0])
                identities.insert(ObjectIdentifier(batch))
                queue.giveBack(batch)
            case .idle: Issue.record("nothing came")
            case .over: break loop
            }
        }
        isDone.wait()
        #expect(seen == Array(0..<100))
        #expect(identities.count <= 2)
    }

    @Test func `counters of 32 bits that wrap count on`() {
        let now = Instant(microseconds: 5)
        var counters = PacketCounters()
        #expect(counters.take(seen: .max - 1, byKernel: 0, byDevice: 0, at: now) == nil)
        #expect(
            counters.take(seen: 3, byKernel: 2, byDevice: 1, at: now)
                == PacketLoss(byKernel: 2, byDevice: 1, noticed: now))
        #expect(counters.take(seen: 3, byKernel: 2, byDevice: 1, at: now) == nil)
        #expect(counters.byKernel == 2 && counters.byDevice == 1)
        // A device that was taken away and came back counts from nothing.
        #expect(counters.take(seen: 3, byKernel: 2, byDevice: 0, at: now) == nil)
    }
}
