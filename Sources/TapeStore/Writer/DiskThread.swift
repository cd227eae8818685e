import Dispatch
import Synchronization

/// Makes things durable away from the thread that records.
///
/// A large layer takes a slow disk seconds, and whoever waits for it holds up all traffic. So files are synchronised
/// here, one job after the other: a body gets its octets, its name and its directory made durable, and only when that
/// is reported may a line name it. Jobs that piled up while the disk was busy share one synchronisation of the
/// directory. The first failure ends the work: what comes after it is thrown away and nothing of it reported as done.
final class DiskThread: Sendable {
    typealias Ticket = Int

    enum Job {
        /// Octets of a body that still arrives: the disk begins with them now, so that little is left at its end.
        case advance(BodyStore.OpenBody, octets: Int)
        /// A whole body and the name that it gets.
        case keep(BodyStore.OpenBody, path: String, length: Int64, octets: Int, Ticket)
        case discard(BodyStore.OpenBody, octets: Int)
        case synchronize(Int32, Ticket)
    }

    private struct State {
        var jobs: [Job] = []
        var done: [Ticket] = []
        var failure: FileFailure?
        /// Octets of bodies that were written and are not known to be on the disk.
        var backlog = 0
        var tickets = 0
        /// Jobs that were submitted and are not over.
        var unfinished = 0
        var isRoomAwaited = false
    }

    private let files: any TapeFiles
    private let digests: String
    private let state = Mutex(State())
    /// Nothing where jobs are done at once, on the caller's thread.
    private let queue: DispatchQueue?
    private let progress = DispatchSemaphore(value: 0)

    init(files: any TapeFiles, digests: String, isConcurrent: Bool) {
        self.files = files
        self.digests = digests
        queue = isConcurrent ? DispatchQueue(label: "regtape.disk") : nil
    }

    /// What a slow disk may be behind.
    ///
    /// It is the kernel's memory and not ours, and a burst should not have to wait for the disk; but stopping does, and
    /// a person waits for that.
    static let longestBacklog = 256 << 20

    /// Waits while the disk is too far behind: for one job or a few, never for all of them, because whoever records
    /// stands still meanwhile.
    func awaitRoom() {
        while state.withLock({ state in
            // Octets that no job was submitted for would be waited for without end.
            state.isRoomAwaited = state.backlog > Self.longestBacklog && state.unfinished > 0
            return state.isRoomAwaited
        }) {
            progress.wait()
        }
    }

    /// A number that no other job has.
    func ticket() -> Ticket {
        state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
    }

    /// Says that octets of a body reached the kernel.
    func wrote(_ octets: Int) { state.withLock { $0.backlog += octets } }

    func submit(_ job: Job) {
        state.withLock { state in
            state.jobs.append(job)
            state.unfinished += 1
        }
        guard let queue else { return work() }
        queue.async { self.work() }
    }

    /// Waits until every job submitted so far is done.
    func drain() {
        queue?.sync {}
    }

    /// The tickets of what became durable since the last call.
    /// - Throws: the failure that ended the work.
    func collect() throws(FileFailure) -> [Ticket] {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return takeDone()
    }

    /// The tickets of what became durable since the last call, also after a failure.
    func takeDone() -> [Ticket] {
        state.withLock { state in
            let done = state.done
            state.done = []
            return done
        }
    }

    // MARK: The thread

    private func work() {
        let (jobs, failed) = state.withLock { state in
            let jobs = state.jobs
            state.jobs = []
            return (jobs, state.failure != nil)
        }
        guard !jobs.isEmpty else { return }
        var batch = Batch(hasFailed: failed)
        let ended = Set(jobs.compactMap(\.endedDescriptor))
        for job in jobs {
            // A body that ends in this batch is synchronised once, at its end.
            if case .advance(let body, _) = job, ended.contains(body.descriptor) {
                finished(job)
                continue
            }
            perform(job, &batch)
            finished(job)
        }
        if !batch.renamed.isEmpty, batch.failure == nil {
            do throws(FileFailure) {
                try files.synchronizeDirectory(digests)
                batch.done += batch.renamed
            } catch {
                batch.failure = error
            }
        }
        state.withLock { state in
            state.done += batch.done
            if state.failure == nil { state.failure = batch.failure }
        }
    }

    private func finished(_ job: Job) {
        let isAwaited = state.withLock { state in
            state.backlog -= job.octets
            state.unfinished -= 1
            defer { state.isRoomAwaited = false }
            return state.isRoomAwaited
        }
        if isAwaited { progress.signal() }
    }

    private struct Batch {
        var hasFailed: Bool
        var done: [Ticket] = []
        /// Bodies whose names are not durable yet.
        var renamed: [Ticket] = []
        var failure: FileFailure? { didSet { hasFailed = true } }
    }

    private func perform(_ job: Job, _ batch: inout Batch) {
        do throws(FileFailure) {
            switch job {
            case .advance(let body, _):
                if !batch.hasFailed { try files.synchronize(body.descriptor) }
            case .keep(let body, let path, let length, _, let ticket):
                if batch.hasFailed { return remove(body) }
                try keep(body, path, length)
                batch.renamed.append(ticket)
            case .discard(let body, _):
                remove(body)
            case .synchronize(let descriptor, let ticket):
                guard !batch.hasFailed else { return }
                try files.synchronize(descriptor)
                batch.done.append(ticket)
            }
        } catch {
            batch.failure = error
        }
    }

    /// Gives a body its name; the body is used up, also where this fails.
    private func keep(_ body: BodyStore.OpenBody, _ path: String, _ length: Int64) throws(FileFailure) {
        do throws(FileFailure) {
            if try files.size(ofFile: path) == length { return remove(body) }
            try files.synchronize(body.descriptor)
            try files.rename(body.path, to: path)
        } catch {
            remove(body)
            throw error
        }
        files.close(body.descriptor)
    }

    private func remove(_ body: BodyStore.OpenBody) {
        files.close(body.descriptor)
        // A file that cannot be removed now is removed when the tape is taken up again.
        try? files.remove(body.path)
    }
}

extension DiskThread.Job {
    /// The descriptor that this job closes.
    fileprivate var endedDescriptor: Int32? {
        switch self {
        case .keep(let body, _, _, _, _), .discard(let body, _): body.descriptor
        case .advance, .synchronize: nil
        }
    }

    /// Octets of the backlog that are done with when this job is.
    fileprivate var octets: Int {
        switch self {
        case .advance(_, let octets), .keep(_, _, _, let octets, _), .discard(_, let octets): octets
        case .synchronize: 0
        }
    }
}
