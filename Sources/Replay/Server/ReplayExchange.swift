import NIOCore
import Synchronization
import TapeModel

/// One request and its answer, whatever protocol carries them.
///
/// The request is decided about when its head is there. Content that the decision needs goes where it says; other
/// content is read to its end while it is short, because a connection is worth keeping, and left unread where it is
/// long: then the answer comes early and is the connection's last (RELIABILITY.md S11).
final class ReplayExchange {
    /// What is thrown away for the sake of a connection (RELIABILITY.md S11).
    private static let mostDrained: Int64 = 64 << 10

    private enum State {
        case receiving(BodyIntake, PendingRequest)
        case draining(ReplayAnswer, octets: Int64)
        case answering
        case over
    }

    private let service: ReplayService
    private let loop: any EventLoop
    private let request: ReplayRequest
    private let target: RequestTarget
    /// The connection may be gone while a disk is still at work for it.
    private weak var sink: (any ReplySink)?
    private var state = State.answering
    private var pump: ReplyPump?
    private var drainTimer: Scheduled<Void>?

    init(
        _ method: String, _ target: RequestTarget, _ fields: [FieldLine], service: ReplayService, loop: any EventLoop,
        sink: any ReplySink
    ) {
        self.target = target
        self.service = service
        self.loop = loop
        self.sink = sink
        request = ReplayRequest(method: method, url: service.url(of: target), fields: fields)
        service.openExchanges.add(1, ordering: .relaxed)
    }

    deinit { service.openExchanges.subtract(1, ordering: .relaxed) }

    /// Whether the rest of the request's content should wait.
    var isBusy: Bool {
        if case .receiving(let intake, _) = state { intake.isBusy } else { false }
    }

    /// The head is all that there is, unless `hasContent`.
    func begin(hasContent: Bool, expectsContinue: Bool) {
        if case .tape = target {
        } else {
            return service.ownReply(to: target, request, on: loop) { [self] reply in
                guard case .answering = state else { return }
                send(reply)
            }
        }
        switch service.decide(request) {
        case .answer(let answer):
            guard hasContent, !expectsContinue else { return send(answer, octets: []) }
            state = .draining(answer, octets: 0)
            drainTimer = loop.assumeIsolated().scheduleTask(in: service.patience.draining) { [weak self] in
                guard let self, case .draining(let answer, _) = state else { return }
                send(answer, octets: [])
            }
        case .needsBody(let sink, let pending):
            let intake = BodyIntake(sink, uploads: service.uploads, loop: loop) { [weak self] in
                self?.sink?.isReadyForMore()
            }
            state = .receiving(intake, pending)
            if !hasContent { return requestEnded() }
            if expectsContinue { self.sink?.sendContinue() }
        }
    }

    /// An answer of the server's own.
    func begin(with reply: Reply) { send(reply) }

    func requestOctets(_ octets: ByteBuffer) {
        switch state {
        case .receiving(let intake, _): intake.append(octets)
        case .draining(let answer, let drained):
            let sum = drained + Int64(octets.readableBytes)
            guard sum <= Self.mostDrained else { return send(answer, octets: []) }
            state = .draining(answer, octets: sum)
        case .answering, .over: break
        }
    }

    func requestEnded() {
        switch state {
        case .receiving(let intake, let pending):
            intake.finish(isBroken: false) { [self] outcome in finished(outcome, pending) }
        case .draining(let answer, _): send(answer, octets: [])
        case .answering, .over: break
        }
    }

    /// The client will send no more of the request, or may not.
    func requestBroken() {
        if case .receiving(let intake, let pending) = state {
            let (service, loop) = (service, loop)
            intake.finish(isBroken: true) { outcome in
                // Nobody is there to be answered, but what becomes of the upload has to be done all the same.
                let effects =
                    switch outcome {
                    case .received(let body, _): service.finished(pending, body).effects
                    case .failed: service.unstored(pending)
                    }
                service.uploads.perform(effects, octets: [], on: loop) { _ in }
            }
        }
        stop()
    }

    func resume() { pump?.resume() }

    func stop() {
        state = .over
        drainTimer?.cancel()
        pump?.stop()
        pump = nil
    }

    private func finished(_ outcome: BodyIntake.Outcome, _ pending: PendingRequest) {
        guard case .receiving = state else { return }
        switch outcome {
        case .failed:
            state = .answering
            drainTimer?.cancel()
            service.uploads.perform(service.unstored(pending), octets: [], on: loop) { [self] _ in
                guard case .answering = state else { return }
                send(Self.notStored)
            }
        case .received(let body, let octets): send(service.finished(pending, body), octets: octets)
        }
    }

    private static let notStored = Reply.error(
        500, code: "UNKNOWN", "the content could not be stored; look at the disk of the replay")

    private func send(_ answer: ReplayAnswer, octets: [UInt8]) {
        state = .answering
        drainTimer?.cancel()
        service.uploads.perform(answer.effects, octets: octets, on: loop) { [self] isDone in
            if !isDone { service.failed(answer.effects) }
            guard case .answering = state else { return }
            guard isDone else {
                return send(Self.notStored)
            }
            service.told(request, answer)
            resolve(answer, from: 0, [])
        }
    }

    /// Finds every stored piece, so that nothing is promised that cannot be kept.
    private func resolve(_ answer: ReplayAnswer, from index: Int, _ pieces: [Reply.Piece]) {
        guard index < answer.body.count else { return send(reply(answer, pieces)) }
        switch answer.body[index] {
        case .octets(let octets): resolve(answer, from: index + 1, pieces + [.octets(octets)])
        case .stored(let piece):
            service.bodies.find(piece.sha256, on: loop) { [self] found in
                guard case .answering = state else { return }
                let length: Int64
                switch found {
                case .small(let buffer): length = Int64(buffer.readableBytes)
                case .file(let octets): length = octets
                case .missing, .wrong:
                    service.damaged(piece.sha256, found)
                    return send(
                        .error(
                            500, code: "UNKNOWN",
                            "the tape is damaged: its body sha256:\(piece.sha256) "
                                + (found.isMissing ? "is missing" : "has other octets than were recorded")))
                }
                let start = min(max(0, piece.offset), length)
                let end = piece.length.map { min(length, start + min(max(0, $0), length)) } ?? length
                resolve(answer, from: index + 1, pieces + [.stored(sha256: piece.sha256, range: start..<end)])
            }
        }
    }

    private func reply(_ answer: ReplayAnswer, _ pieces: [Reply.Piece]) -> Reply {
        let fields = answer.fields { service.local($0, for: target) }
        var reply = Reply(status: answer.status, fields: fields, content: pieces)
        reply.delivery = answer.delivery
        reply.interim = answer.interim.map { interim in
            Reply.Interim(
                status: interim.status,
                fields: interim.fields.map { $0.line(rewriting: { service.local($0, for: target) }) })
        }
        reply.trailers = answer.trailers.map { $0.line(rewriting: { service.local($0, for: target) }) }
        if answer.delivery.ending == .cut {
            // What broke off has to be seen as broken off, whatever length was announced.
            let announced = fields.first("content-length").flatMap { Int64($0) } ?? 0
            reply.announcedLength = max(announced, reply.length + 1)
        }
        return reply
    }

    private func send(_ reply: Reply) {
        guard let sink else { return }
        state = .answering
        let pump = ReplyPump(reply, toMethod: request.method, bodies: service.bodies, loop: loop, sink: sink)
        self.pump = pump
        pump.start()
    }
}
