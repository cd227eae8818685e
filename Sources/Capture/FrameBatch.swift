package import Wire

/// Frames of a device on their way from the thread that reads to the one that decodes.
///
/// The kernel's buffer is given back as soon as they are copied here. The memory is used again and again.
package final class FrameBatch: @unchecked Sendable {
    // One thread has it at a time: the queue hands it over, and nobody keeps it.
    package static let capacity = 1 << 20
    /// Frames cost memory even when they are short.
    private static let mostFrames = 8_192

    private let storage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: FrameBatch.capacity)
    private var count = 0
    package private(set) var frames: [CapturedFrame] = []
    /// Packets that were lost since the batch before, and when that was seen.
    package var lost: PacketLoss?

    package init() {}

    deinit { storage.deallocate() }

    package var isEmpty: Bool { frames.isEmpty && lost == nil }
    /// What its frames are ranges of, until it is emptied.
    package var octets: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: storage[..<count]) }

    /// Takes a copy of a frame; false where there is no room for it.
    ///
    /// `frame` names its octets relative to themselves.
    package func append(_ octets: UnsafeBufferPointer<UInt8>, _ frame: CapturedFrame) -> Bool {
        guard octets.count <= Self.capacity - count, frames.count < Self.mostFrames else { return false }
        let range = count..<count + octets.count
        _ = UnsafeMutableBufferPointer(rebasing: storage[range]).initialize(fromContentsOf: octets)
        var frame = frame
        frame.octets = range
        frames.append(frame)
        count = range.upperBound
        return true
    }

    package func removeAll() {
        count = 0
        frames.removeAll(keepingCapacity: true)
        lost = nil
    }
}
