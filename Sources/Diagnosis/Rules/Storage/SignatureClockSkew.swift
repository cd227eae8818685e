import Registry
import TapeModel

/// A signed URL was outside of its time the moment it was made: two clocks disagree.
///
/// ## What it means
/// The client used the URL at once, and the storage said that its time has not come yet or is over. Registry and
/// storage differ about what time it is; with S3 also `RequestTimeTooSkewed`.
///
/// ## How to fix it
/// Correct the clock of the registry's machine and keep it with NTP: `timedatectl set-ntp true`. The storage's clock
/// is in its `Date` field: `curl -sI https://BLOB-HOST`.
enum SignatureClockSkew: Rule {
    static let name = "signature-clock-skew"
    static let severity = Severity.error
    static let party = Party.registry
    static let symptoms = ["B07", "B14"]

    static func check(_ exchange: DecodedExchange, in window: TraceWindow) -> Finding? {
        let saysSkew = exchange.storageError?.code == "RequestTimeTooSkewed"
        guard exchange.hasFailed, saysSkew || (exchange.wasStaleWhenIssued && exchange.status == 403) else {
            return nil
        }
        var evidence = [Evidence(exchange.seq, "request.url"), Evidence(exchange.seq, "response.date")]
        if let source = exchange.redirectSource { evidence.insert(Evidence(source.seq, "response.location"), at: 0) }
        return finding(
            "\(exchange.host.words.capitalizedFirst) answered \(exchange.outcomeWords) because the URL was outside of its time as soon as it "
                + "was signed: the clocks of registry and storage disagree.",
            advice: """
                Correct the clock of the registry's machine: `timedatectl set-ntp true`
                Compare with the Date field of \(exchange.host.authority): `curl -sI https://\(exchange.host.authority)`
                """,
            evidence: evidence, subject: exchange.host.authority)
    }
}
