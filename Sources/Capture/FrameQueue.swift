import Dispatch
import Synchronization

/// The bounded queue between reading and decoding.
///
/// Policy when decoding is slower than the network: the reader waits for a free batch, frames pile up in the kernel's
/// buffer, and when that is full too the kernel drops frames and counts them. The count becomes gaps on the tape. Nothing
/// is dropped here, and memory does not grow beyond `capacity` batches, which are made when they are first needed.
package final class FrameQueue: Sendable {
    package enum Turn {
        case batch(FrameBatch)
        /// Nothing came within the time.
        case idle
        /// Nothing will come any more.
        case over
    }

    private struct State {
        var free: [FrameBatch] = []
        var full: [FrameBatch] = []
        var isOver = false
    }

    /// 128 MiB of frames: a tenth of a second at the speed of loopback, a second at that of a fast network.
    package static let usualCapacity = 128

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    package init(capacity: Int = FrameQueue.usualCapacity) {
        // Not as the initial value: a semaphore must not end with less than it began with.
        for _ in 0..<capacity { room.signal() }
    }

    /// A batch to fill; waits while all of them are full.
    package func takeFree() -> FrameBatch {
        room.wait()
        return state.withLock { $0.free.popLast() } ?? FrameBatch()
    }

    package func put(_ batch: FrameBatch) {
        state.withLock { $0.full.append(batch) }
        filled.signal()
    }

    /// Says that no batch comes after those that were put.
    package func end() {
        state.withLock { $0.isOver = true }
        filled.signal()
    }

    /// The next batch in order, which `giveBack` is to return.
    ///
    /// Waits for it no longer than `milliseconds`.
    package func next(within milliseconds: Int) -> Turn {
        guard filled.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return .idle }
        return state.withLock { state in
            state.full.isEmpty ? (state.isOver ? .over : .idle) : .batch(state.full.removeFirst())
        }
    }

    package func giveBack(_ batch: FrameBatch) {
        batch.removeAll()
        state.withLock { $0.free.append(batch) }
        room.signal()
    }
}
