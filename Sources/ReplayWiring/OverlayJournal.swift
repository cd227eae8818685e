import Glibc
import Replay
import Synchronization
import TapeModel
import TapeStore

/// What clients changed in all the replays that had one overlay: a line for each change, in the manner of a tape's.
///
/// A line is on the disk before its client hears of it, so a crash costs nothing that was acknowledged. Lines may stand
/// in another order than the changes were made in, because several threads write them; their numbers tell.
final class OverlayJournal: Sendable {
    private struct State {
        let log: LineLog
        /// After a failure to synchronise nobody knows what the disk has: nothing is acknowledged any more.
        var hasFailed = false
    }

    /// What the journal held when it was opened.
    let history: LiveHistory
    /// One sentence each.
    let damage: [String]
    private let state: Mutex<State>
    private let descriptor: Int32

    /// Opens the journal of an overlay, makes it where there is none, and takes it for this replay alone.
    /// - Throws: `TapeError` where another replay has it, a later version wrote it, or the disk refuses.
    init(overlay directory: String) throws(TapeError) {
        do throws(FileFailure) {
            let opened = try Self.open(directory)
            descriptor = opened.log.descriptor
            history = opened.reading.history
            damage = opened.reading.damage
            state = Mutex(State(log: opened.log))
        } catch {
            throw Self.refusal(error, directory)
        }
    }

    private static func open(_ directory: String) throws(FileFailure) -> (log: LineLog, reading: Reading) {
        let path = directory + "/" + name
        let files = LocalFiles()
        let descriptor = try files.openForAppending(path)
        do throws(FileFailure) {
            // Before anything is read or cut: what another replay writes is not ours to judge.
            guard try files.lock(descriptor) else { throw FileFailure(locked, in: "lock") }
            var reading = Reading()
            let lines = try LineReader(path: path)
            while let line = try lines.next() { reading.take(line) }
            if reading.isLater { throw FileFailure(later, in: "read") }
            if lines.tailLength > 0 {
                reading.damage.append("the overlay's last line is incomplete, as after a crash, and is dropped")
                try files.truncate(descriptor, to: max(0, lines.length - lines.tailLength))
            }
            let log = LineLog(descriptor: descriptor, length: try files.size(descriptor), files: files)
            if log.length == 0 {
                try log.append(header)
                try log.synchronize()
                try files.synchronizeDirectory(directory)
            }
            return (log, reading)
        } catch {
            files.close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    func append(_ change: LiveChange) throws {
        try append(TapeLine(seq: change.number, record: .unknown(kind: change.record, change.json)))
    }

    /// Changes with numbers from after `history` up to `first` are taken back.
    func startOver(at first: Int64) throws {
        let members: [JSONValue.Member] = [
            .init("record", .string(Self.startOver)), .init("seq", .number(String(first))),
            .init("from", .number(String(history.last + 1))),
        ]
        try append(TapeLine(seq: first, record: .unknown(kind: Self.startOver, .object(members))))
    }

    private func append(_ line: TapeLine) throws {
        try state.withLock { state in
            guard !state.hasFailed else { throw FileFailure(EIO, in: "fdatasync") }
            do throws(FileFailure) {
                try state.log.append(line.encoded)
                try state.log.synchronize()
            } catch {
                if error.isLostSynchronization { state.hasFailed = true }
                // What could not be written whole must not stand before what comes next.
                do throws(FileFailure) { try state.log.cutToWholeLine() } catch { state.hasFailed = true }
                throw error
            }
        }
    }

    /// Beside the content that it tells of.
    private static let name = "changes.jsonl"
    private static let startOver = "start-over"
    private static let version = 1
    private static let header = TapeLine(
        seq: 0,
        record: .unknown(
            kind: "overlay",
            .object([
                .init("record", .string("overlay")), .init("seq", .number("0")),
                .init("version", .number(String(version))),
            ]))
    ).encoded

    // Refusals of ours among the system's, told apart by numbers that no system uses.
    private static let locked: Int32 = -1
    private static let later: Int32 = -2

    private static func refusal(_ failure: FileFailure, _ directory: String) -> TapeError {
        switch failure.number {
        case locked:
            TapeError(
                .alreadyBeingWritten,
                "The overlay \(directory) is in use by another replay: stop that one, or choose another --overlay.")
        case later:
            TapeError(
                .laterVersion,
                "The overlay \(directory) was written by a later regtape: choose another --overlay, or use that version."
            )
        default:
            TapeError(
                .notWritable,
                "The overlay \(directory) cannot be used (\(failure)): choose an --overlay that you can write to.")
        }
    }

    /// Lines on their way to a history.
    private struct Reading {
        private var changes: [LiveChange] = []
        private var takenBack: [Range<Int64>] = []
        private var last: Int64 = 0
        private(set) var isLater = false
        var damage: [String] = []

        var history: LiveHistory {
            LiveHistory(
                changes: changes.filter { change in !takenBack.contains { $0.contains(change.number) } }, last: last)
        }

        mutating func take(_ line: LineReader.Line) {
            guard let octets = line.octets, let decoded = try? TapeLine(decoding: octets), decoded.sumMatches,
                case .unknown(let kind, let json) = decoded.record
            else {
                damage.append("line \(line.number) of the overlay is damaged and is skipped")
                return
            }
            switch kind {
            case "overlay": isLater = isLater || (json["version"]?.int ?? 0) > OverlayJournal.version
            case OverlayJournal.startOver:
                guard let from = json["from"]?.int64, let first = json["seq"]?.int64, from <= first else { break }
                takenBack.append(from..<first)
                last = max(last, first - 1)
            default:
                guard let change = LiveChange(json) else {
                    damage.append("line \(line.number) of the overlay says nothing that this version knows")
                    return
                }
                changes.append(change)
                last = max(last, change.number)
            }
        }
    }
}
