import Diagnosis
import Registry
import TapeModel

/// The report for programs.
///
/// One JSON object; members are only ever added. Times are RFC 3339 in UTC, durations microseconds (`_us`), sizes octets.
/// Absent facts are `null`. Text is as recorded, with control characters and marks of direction escaped.
///
/// | member | what |
/// |---|---|
/// | `verdict`, `standing` | one sentence; `good`, `warning`, `failed`, `incomplete` or `empty` |
/// | `source`, `tool`, `notes[]` | what was read, what wrote this, what to know about the trace |
/// | `findings[]` | `rule`, `severity` (`note`, `warning`, `error`), `party`, `title`, `detail`, `advice` (a step a line), `evidence[]{seq, at}`; the weightiest first |
/// | `workflows[]` | `number`, `kind`, `outcome`, `host`, `repository`, `reference`, `client`, `started`, `duration_us`, `exchanges`, `failures`, `bytes`, `steps[]`, `more_steps` |
/// | `workflows[].steps[]` | `seq`, `operation`, `label`, `host`, `started`, `status`, `failed`, `bytes`, `duration_us`, `timing_us{dns, connect, tls, send, wait, receive}` |
/// | `hosts[]` | `host`, `role`, `product`, `exchanges`, `failures`, `connections`, `request_bytes`, `response_bytes`, `median_wait_us`, `highest_wait_us`, and from packet capture `packets{client, server}{segments, retransmitted, out_of_order, zero_windows, missing_bytes}` |
/// | `layers[]` | `digest`, `workflow`, `direction` (`pull`, `push`), `seq`, `host`, `bytes`, `expected_bytes`, `started`, `duration_us`, `bytes_per_second`, `skipped`, `parallelism` |
/// | `tokens[]` | `seq`, `host`, `anonymous`, `asked[]`, `granted[]`, `life_s`, `uses`, `status` |
/// | `redirects[]` | `seq`, `status`, `from`, `to`, `signature`, `expires`, `followed_by`, `carried_credentials` |
/// | `tls[]` | `host`, `version`, `cipher`, `protocol`, `subject`, `issuer`, `not_before`, `not_after` |
/// | `anomalies[]`, `gaps[]` | `code`, `count`; `seen`, `reason` |
/// | `summary` | `exchanges`, `failures`, `connections`, `request_bytes`, `response_bytes`, `started`, `duration_us`, `redaction`, `damaged_lines`, `omitted{list: count}` |
struct JSONReport: Sendable {
    private var json = JSONWriter()

    static func render(_ report: TraceReport) -> String {
        var document = JSONReport()
        document.write(report)
        return EscapedJSON.text(document.json) + "\n"
    }

    private mutating func write(_ report: TraceReport) {
        let summary = report.summary
        json.beginObject()
        json.member("verdict", report.verdict.sentence)
        json.member("standing", report.verdict.standing.rawValue)
        json.member("source", report.source)
        json.member("tool", "regtape \(report.toolVersion)")
        json.list("notes", report.notes.sentences) { $0.string($1) }
        json.objects("findings", report.findings, Self.finding)
        json.objects("workflows", summary.workflows, Self.workflow)
        json.objects("hosts", summary.hosts, Self.host)
        json.objects("layers", summary.layers, Self.layer)
        json.objects("tokens", summary.tokens, Self.token)
        json.objects("redirects", summary.redirects, Self.redirect)
        json.objects("tls", summary.hosts.filter { $0.tls != nil || $0.certificate != nil }, Self.tls)
        json.objects("anomalies", summary.anomalies.sorted { $0.key < $1.key }) { json, anomaly in
            json.member("code", anomaly.key)
            json.member("count", Int64(anomaly.value))
        }
        json.objects("gaps", summary.gaps) { json, gap in
            json.member("seen", gap.seen.timestamp)
            json.member("reason", gap.reason)
        }
        json.name("summary")
        json.beginObject()
        totals(report)
        json.endObject()
        json.endObject()
    }

    private mutating func totals(_ report: TraceReport) {
        let summary = report.summary
        json.member("exchanges", Int64(summary.exchanges))
        json.member("failures", Int64(summary.failures))
        json.member("connections", Int64(summary.connections))
        json.member("request_bytes", summary.bytesSent)
        json.member("response_bytes", summary.bytesReceived)
        json.member("started", summary.started?.timestamp)
        json.member("duration_us", summary.started.flatMap { start in summary.ended?.microseconds(since: start) })
        json.member("redaction", report.notes.redactionPolicy.isEmpty ? nil : report.notes.redactionPolicy)
        json.member("damaged_lines", Int64(report.notes.damagedLines))
        json.name("omitted")
        json.beginObject()
        for (list, count) in summary.omitted.sorted(by: { $0.key < $1.key }) where count > 0 {
            json.name(foreign: list)
            json.integer(count)
        }
        json.endObject()
    }

    private static func finding(_ json: inout JSONWriter, _ finding: Finding) {
        json.member("rule", finding.rule)
        json.member("severity", finding.severity.rawValue)
        json.member("party", finding.party.rawValue)
        json.member("title", finding.title)
        json.member("detail", finding.detail)
        json.member("advice", finding.advice)
        json.objects("evidence", finding.evidence) { json, evidence in
            json.member("seq", evidence.seq)
            json.member("at", evidence.at)
        }
    }

    private static func workflow(_ json: inout JSONWriter, _ workflow: TraceSummary.Workflow) {
        json.member("number", Int64(workflow.number))
        json.member("kind", workflow.kind.rawValue)
        json.member("outcome", workflow.outcome.rawValue)
        json.member("host", workflow.host)
        json.member("repository", workflow.repository)
        json.member("reference", workflow.reference?.description)
        json.member("client", workflow.client.map { [$0.name, $0.version].compactMap(\.self).joined(separator: "/") })
        json.member("started", workflow.started.timestamp)
        json.member("duration_us", workflow.ended.microseconds(since: workflow.started))
        json.member("exchanges", Int64(workflow.exchanges))
        json.member("failures", Int64(workflow.failedExchanges))
        json.member("bytes", workflow.bytes)
        json.objects("steps", workflow.steps, Self.step)
        json.member("more_steps", Int64(workflow.moreSteps))
    }

    private static func step(_ json: inout JSONWriter, _ step: TraceSummary.Step) {
        json.member("seq", step.seq)
        json.member("operation", step.endpoint.rawValue)
        json.member("label", step.label)
        json.member("host", step.host)
        json.member("started", step.started.timestamp)
        json.member("status", step.status.map(Int64.init))
        json.member("failed", step.hasFailed)
        json.member("bytes", step.bytes)
        json.member("duration_us", step.timing.duration)
        json.name("timing_us")
        json.beginObject()
        json.member("dns", step.timing.dns)
        json.member("connect", step.timing.connect)
        json.member("tls", step.timing.tls)
        json.member("send", step.timing.send)
        json.member("wait", step.timing.wait)
        json.member("receive", step.timing.receive)
        json.endObject()
    }

    private static func host(_ json: inout JSONWriter, _ host: TraceSummary.Host) {
        json.member("host", host.profile.authority)
        json.member("role", host.profile.role.rawValue)
        json.member("product", host.profile.product.rawValue)
        json.member("exchanges", Int64(host.exchanges))
        json.member("failures", Int64(host.failures))
        json.member("connections", Int64(host.connections))
        json.member("request_bytes", host.bytesSent)
        json.member("response_bytes", host.bytesReceived)
        json.member("median_wait_us", host.medianWait)
        json.member("highest_wait_us", host.highestWait)
        guard let packets = host.packets else { return }
        json.name("packets")
        json.beginObject()
        for (name, counts) in [("client", packets.client), ("server", packets.server)] {
            json.name(foreign: name)
            json.beginObject()
            json.member("segments", Int64(counts.segments))
            json.member("retransmitted", Int64(counts.retransmitted))
            json.member("out_of_order", Int64(counts.outOfOrder))
            json.member("zero_windows", Int64(counts.zeroWindows))
            json.member("missing_bytes", counts.missing)
            json.endObject()
        }
        json.endObject()
    }

    private static func layer(_ json: inout JSONWriter, _ layer: TraceSummary.Layer) {
        json.member("digest", layer.digest.description)
        json.member("workflow", layer.workflow.map(Int64.init))
        json.member("direction", layer.isPush ? "push" : "pull")
        json.member("seq", layer.seq)
        json.member("host", layer.host)
        json.member("bytes", layer.bytes)
        json.member("expected_bytes", layer.expectedBytes)
        json.member("started", layer.started.timestamp)
        json.member("duration_us", layer.ended.microseconds(since: layer.started))
        json.member("bytes_per_second", hundredths: layer.throughput)
        json.member("skipped", layer.wasSkipped)
        json.member("parallelism", hundredths: layer.parallelism)
    }

    private static func token(_ json: inout JSONWriter, _ token: TraceSummary.Token) {
        json.member("seq", token.seq)
        json.member("host", token.host)
        json.member("anonymous", token.isAnonymous)
        json.list("asked", token.asked) { $0.string($1.description) }
        if let granted = token.granted {
            json.list("granted", granted) { $0.string($1.description) }
        } else {
            json.member("granted", String?.none)
        }
        json.member("life_s", token.life)
        json.member("uses", Int64(token.uses))
        json.member("status", token.status.map(Int64.init))
    }

    private static func redirect(_ json: inout JSONWriter, _ hop: TraceSummary.RedirectHop) {
        json.member("seq", hop.seq)
        json.member("status", Int64(hop.status))
        json.member("from", hop.from)
        json.member("to", hop.to)
        json.member("signature", hop.signature?.scheme.rawValue)
        json.member("expires", hop.signature?.expires?.timestamp)
        json.member("followed_by", hop.followedBy)
        json.member("carried_credentials", hop.carriedCredentials)
    }

    private static func tls(_ json: inout JSONWriter, _ host: TraceSummary.Host) {
        json.member("host", host.profile.authority)
        json.member("version", host.tls?.version)
        json.member("cipher", host.tls?.cipher)
        json.member("protocol", host.tls?.alpn)
        json.member("subject", host.certificate?.subject)
        json.member("issuer", host.certificate?.issuer)
        json.member("not_before", host.certificate?.notBefore.timestamp)
        json.member("not_after", host.certificate?.notAfter.timestamp)
    }
}
