import Replay
import ReplayWiring
import Synchronization

/// What a replay says while it runs and when it ends: misses with what differs, damage, and at last the figures.
final class ReplayConsole: Sendable {
    private struct State {
        var misses = 0
        var damaged: Set<String> = []
    }

    /// A client in a loop must not fill a log; the end report counts all.
    private static let mostShown = 1_000

    private let state = Mutex(State())

    /// Starts a replay that tells all it has to say here; `name` is what the person called the tape.
    func start(_ setup: RunningReplay.Setup, named name: String) async throws -> RunningReplay {
        var progress: Progress?
        defer { progress?.clear() }
        var observer = RunningReplay.Observer()
        observer.onProgress = { reached, octets in
            if progress == nil { progress = Progress(of: name, octets: octets) }
            progress?.advance(to: reached)
        }
        observer.onFlaw = { sentence in
            progress?.clear()
            Terminal.say("\(name): \(sentence)")
        }
        observer.onAnswer = { self.show($0, $1) }
        observer.onDamage = { self.damaged($0, isMissing: $1) }
        return try await RunningReplay.start(setup, observer: observer)
    }

    func show(_ request: ReplayRequest, _ answer: ReplayAnswer) {
        guard case .miss(let miss) = answer.origin else { return }
        let count = state.withLock { state in
            state.misses += 1
            return state.misses
        }
        guard count <= Self.mostShown else { return }
        Terminal.say(Self.sentence(miss))
        for difference in miss.nearest?.differences ?? [] {
            Terminal.say(
                "  \(difference.part): asked \(shown(difference.asked)), recorded \(shown(difference.recorded))")
        }
        if count == Self.mostShown { Terminal.say("further misses are counted and not shown") }
    }

    func damaged(_ sha256: String, isMissing: Bool) {
        guard state.withLock({ $0.damaged.insert(sha256).inserted }) else { return }
        Terminal.say(
            "the body sha256:\(sha256) \(isMissing ? "is missing" : "has other octets than were recorded"); "
                + "it is not served")
    }

    /// The closing lines.
    func summarise(_ report: ReplayReport) {
        var parts = ["\(report.matched) matched"]
        for (count, word) in [(report.implied, "implied"), (report.live, "live"), (report.faults, "faults")]
        where count > 0 {
            parts.append("\(count) \(word)")
        }
        parts += ["\(report.missed) missed", "\(report.unused) unused"]
        Terminal.say(parts.joined(separator: ", "))
        for miss in report.misses { Terminal.say(Self.sentence(miss, verb: "missed")) }
        for exchange in report.unusedExchanges.prefix(20) {
            Terminal.say("unused: \(exchange.seq) \(exchange.method) \(exchange.url)")
        }
        if report.unused > 20 { Terminal.say("unused: … \(report.unused - 20) more") }
    }

    private static func sentence(_ miss: NearMiss, verb: String = "miss") -> String {
        var text = "\(verb): \(miss.method) \(miss.url)"
        if let reason = miss.reason { text += ": \(reason)" }
        if let nearest = miss.nearest {
            text += "; nearest is exchange \(nearest.seq), \(nearest.method) \(nearest.url)"
        }
        return text
    }

    private func shown(_ value: String) -> String { value.isEmpty ? "nothing" : value }
}
