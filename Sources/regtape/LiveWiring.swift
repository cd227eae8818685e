import Capture
import Dispatch
import Glibc
import Report
import Synchronization
import TapeModel
import TapeStore

/// The composition root of `capture -i`: the only place where a device and a tape meet.
enum LiveWiring {
    struct Setup {
        var device: CaptureDevice.Settings
        var keyLog: String?
        var tape: String
        var keepsSecrets = false
    }

    /// Captures until it is told to stop.
    ///
    /// What needs rights comes first, the device and a key log that is there; then they are given up; and only then is
    /// anything written or any packet looked at. Gives why the device stopped before that; what came before is on the tape.
    static func run(_ setup: Setup, user: String?, observer: Wiring.Observer) throws -> CaptureFailure? {
        let handover = try handover(setup.tape, user)
        let device = try CaptureDevice.open(setup.device)
        let keyLog = try setup.keyLog.map { path throws(CaptureFailure) in try KeyLogFollower(path: path) }
        if case .become(let account) = handover { makeDirectory(setup.tape, for: account) }
        try handover.perform()

        let signals = StopSignals()
        let notice = LossNotice()
        let isOver = DispatchSemaphore(value: 0)
        let writer = try Wiring.openTape(
            setup.tape, TapeWriterOptions(tool: ToolVersion.tool), keepsSecrets: setup.keepsSecrets, observer: observer,
            now: CaptureWiring.now())
        announce(setup, handover, isKeyLogThere: keyLog?.isOpen ?? true)
        let capture = LiveCapture(
            device: device, keyLog: keyLog, sink: writer,
            observer: LiveCapture.Observer(
                onLoss: { notice.tell($0) }, onComplaint: { Terminal.say($0.sentence + "; going on without") },
                onFailure: { isOver.signal() }))
        signals.onArrival { isOver.signal() }
        isOver.wait()

        let (counts, failure) = capture.finish { sink, failure in
            (sink as? TapeWriter)?.finish(reason: failure?.sentence ?? "the capture is over", at: CaptureWiring.now())
        }
        Terminal.say(text(counts))
        return failure
    }

    private static func handover(_ tape: String, _ user: String?) throws(CaptureFailure) -> Handover {
        let asked = try user.map { name throws(CaptureFailure) in try Account.named(name) }
        return try Handover.choose(
            effectiveUser: geteuid(), asked: asked,
            sudoer: Account.ofSudo(
                user: StateDirectory.variable("SUDO_UID"), group: StateDirectory.variable("SUDO_GID")),
            owner: Account.owning(tape: tape))
    }

    /// Makes the tape's directory where the user to come may not, because root may write next to it.
    ///
    /// Where that fails the user's own attempt will say why.
    private static func makeDirectory(_ path: String, for account: Account) {
        guard mkdir(path, 0o700) == 0 else { return }
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { return }
        _ = fchown(directory, account.user, account.group)
        close(directory)
    }

    private static func announce(_ setup: Setup, _ handover: Handover, isKeyLogThere: Bool) {
        var title = "capturing on \(setup.device.name)"
        switch handover {
        case .keepUser: break
        case .become(let account): title += " as \(account.title)"
        case .keepRoot: title += " as root without its capabilities, since nobody else is named (--user)"
        }
        Terminal.say("recording to \(setup.tape)")
        if let keyLog = setup.keyLog, !isKeyLogThere { Terminal.say("waiting for the key log \(keyLog)") }
        Terminal.say("\(title); Ctrl-C ends")
    }

    private static func text(_ counts: LiveCapture.Counts) -> String {
        var text = "\(counts.seen) packets, \(ByteCount.text(counts.octets))"
        let dropped = [(counts.droppedByKernel, "the kernel"), (counts.droppedByDevice, "the device")]
            .filter { $0.0 > 0 }.map { "\($0.0) dropped by \($0.1)" }
        text += dropped.isEmpty ? ", none dropped" : ", " + dropped.joined(separator: ", ")
        return text
    }
}

/// Says that packets are being lost, the first time; the sum comes at the end, and each loss is on the tape.
private final class LossNotice: Sendable {
    private let isSaid = Atomic(false)

    func tell(_ loss: PacketLoss) {
        guard !isSaid.exchange(true, ordering: .relaxed) else { return }
        Terminal.say(
            "\(loss.packets) packets were dropped, and what they carried is missing from the tape; "
                + "a narrow --filter or a larger --buffer helps")
    }
}
