import CPcap
import Glibc
import Synchronization
import TapeModel
import Wire

/// Takes frames out of the kernel's buffer as fast as they come, and does nothing else with them.
///
/// It owns the device from `run` on: libpcap lets one thread at a time have it.
final class DeviceReader: Sendable {
    /// What belongs to the thread that reads.
    private final class Work {
        let queue: FrameQueue
        let link: UInt16
        var batch: FrameBatch?
        var counters = PacketCounters()
        var octets: Int64 = 0
        /// When the frame was captured that was read last.
        var latest = Instant(microseconds: 0)

        init(queue: FrameQueue, link: UInt16) {
            self.queue = queue
            self.link = link
        }

        /// Copies a frame into the batch at hand, or into the next one.
        func take(_ header: pcap_pkthdr, _ octets: UnsafePointer<UInt8>) {
            let kept = UnsafeBufferPointer(start: octets, count: Int(header.caplen))
            let seconds = Int64(header.ts.tv_sec).multipliedReportingOverflow(by: 1_000_000).partialValue
            let time = Instant(microseconds: seconds &+ Int64(header.ts.tv_usec))
            let frame = CapturedFrame(octets: 0..<0, link: link, originalLength: Int(header.len), time: time)
            latest = max(latest, time)
            self.octets &+= Int64(header.len)
            if let batch {
                if batch.append(kept, frame) { return }
                queue.put(batch)
            }
            let next = queue.takeFree()
            // An empty batch has room for the longest frame that libpcap keeps.
            _ = next.append(kept, frame)
            batch = next
        }
    }

    private let device: CaptureDevice
    private let queue: FrameQueue
    private let isStopping = Atomic(false)

    init(device: CaptureDevice, queue: FrameQueue) {
        self.device = device
        self.queue = queue
    }

    /// Asks `run` to come to its end; what was captured until now is still read.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Reads until it is asked to stop or the device fails, and gives what was counted and, of a failure, why.
    func run() -> (counts: LiveCapture.Counts, failure: CaptureFailure?) {
        let work = Work(queue: queue, link: device.link.rawValue)
        var failure: CaptureFailure?
        var counted = SystemClock.now()
        var stopped: Instant?
        while true {
            if stopped == nil, isStopping.load(ordering: .relaxed) { stopped = SystemClock.now() }
            var waiting = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            // Longer than a block stays open: where nothing comes in this time, the kernel holds nothing back.
            _ = poll(&waiting, 1, 2 * CaptureDevice.blockTimeout)
            let taken = read(into: work)
            guard taken >= 0 else {
                let reason = String(cString: pcap_geterr(device.handle))
                failure = CaptureFailure(.deviceFailed, "the device \(device.name) gives no more packets: \(reason)")
                break
            }
            let now = SystemClock.now()
            if now < counted || now.microseconds(since: counted) >= Self.countingInterval {
                counted = now
                count(work)
            }
            handOver(work)
            if let stopped, taken == 0 || work.latest > stopped { break }
        }
        count(work)
        handOver(work)
        let counters = work.counters
        let counts = LiveCapture.Counts(
            seen: counters.seen, octets: work.octets, droppedByKernel: counters.byKernel,
            droppedByDevice: counters.byDevice)
        return (counts, failure)
    }

    /// Frames that were taken; below zero where the device failed.
    private func read(into work: Work) -> Int32 {
        // Bounded, so that drops are counted and a wish to stop is heard under any load.
        pcap_dispatch(
            device.handle, Self.framesAtOnce,
            { context, header, octets in
                guard let context, let header, let octets else { return }
                Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().take(header.pointee, octets)
            }, UnsafeMutableRawPointer(Unmanaged.passUnretained(work).toOpaque()).assumingMemoryBound(to: UInt8.self))
    }

    private func count(_ work: Work) {
        var statistics = pcap_stat()
        guard pcap_stats(device.handle, &statistics) == 0 else { return }
        let loss = work.counters.take(
            seen: statistics.ps_recv, byKernel: statistics.ps_drop, byDevice: statistics.ps_ifdrop,
            at: SystemClock.now())
        guard let loss else { return }
        let batch = work.batch ?? queue.takeFree()
        batch.lost = loss
        work.batch = batch
        handOver(work)
    }

    private func handOver(_ work: Work) {
        guard let batch = work.batch, !batch.isEmpty else { return }
        work.batch = nil
        queue.put(batch)
    }

    private static let framesAtOnce: Int32 = 4_096
    /// Microseconds between two questions for what was dropped.
    private static let countingInterval: Int64 = 1_000_000
}
