import Diagnosis
import Registry
import Report
import TapeModel

/// A report as a support engineer gets it: a pull whose third layer was refused because a credential went along.
enum SampleReport {
    static let start = Instant(microseconds: 1_795_428_435_123_456)

    static func at(_ milliseconds: Int64) -> Instant {
        Instant(microseconds: start.microseconds + milliseconds * 1_000)
    }

    /// The failed pull.
    ///
    /// `text` stands for every string that a peer chose, so that a test may put anything there.
    static func failed(_ text: (String) -> String = { $0 }) -> TraceReport {
        TraceReport(
            source: text("pull.tape"), findings: findings(text), summary: summary(text, isFailed: true),
            notes: notes(text),
            rules: [
                RuleDescription(
                    name: "authorization-forwarded", severity: .error,
                    page: "A credential for the registry was sent on.\n\n## How to fix it\nDrop `Authorization`.")
            ], toolVersion: "0.1.0")
    }

    /// The same pull with nothing wrong.
    static func good() -> TraceReport {
        TraceReport(
            source: "pull.tape", findings: [], summary: summary({ $0 }, isFailed: false), toolVersion: "0.1.0")
    }

    static func findings(_ text: (String) -> String) -> [Finding] {
        [
            Finding(
                rule: "authorization-forwarded", severity: .error, party: .client,
                title: text(
                    "The blob host store.blob.example answered 400 InvalidAuthenticationInfo because curl/7.88 sent it the "
                        + "registry's Authorization header after the redirect (exchanges 9, 12)."),
                detail: text(
                    "A signed URL needs no further credential, and Azure refuses a request that brings two. The "
                        + "registry's token is now known to another party."),
                advice: text("Fetch the Location without the header.") + "\n"
                    + "With curl leave `--location-trusted` out: `curl -L -H \"Authorization: …\" URL`",
                evidence: [Evidence(9, text("response.location")), Evidence(12, text("request.authorization"))],
                subject: text("registry.example store.blob.example")),
            Finding(
                rule: "slow-token-server", severity: .warning, party: .tokenServer,
                title: text("The token server auth.example took 1.1 s, a quarter of the whole pull (exchange 6)."),
                advice: text("Keep tokens for their life of 300 s instead of asking anew for each layer."),
                evidence: [Evidence(6, "timing.wait")]),
            Finding(
                rule: "anonymous-rate-limit", severity: .note, party: .registry,
                title: text("72 of 100 pulls are left in the window of 6 h."),
                advice: text("Log in before builds that pull much."),
                evidence: [Evidence(7, "response.ratelimit-remaining")]),
        ]
    }

    static func notes(_ text: (String) -> String) -> TraceNotes {
        var notes = TraceNotes()
        notes.damagedLines = 2
        notes.isTailCut = true
        notes.redactionPolicy = "standard"
        notes.hasLineNumbers = true
        notes.remarks = [text("Sent by customer 17.")]
        return notes
    }
}
