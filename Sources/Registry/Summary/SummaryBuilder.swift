import TapeModel

/// Counts up what a trace was about.
struct SummaryBuilder: Sendable {
    private var counted = TraceSummary()
    private var workflows = WorkflowTable()
    private var layers = LayerTable()
    /// Places of tokens in the list, by the exchange that gave them.
    private var tokens: [Int64: Int] = [:]

    // What a person can look through; the rest is counted.
    private static let mostTokens = 1_000
    private static let mostScopes = 32
    private static let mostHops = 1_000
    private static let mostAnomalyCodes = 200
    private static let mostGaps = 200

    mutating func count(_ anomaly: Anomaly) {
        guard counted.anomalies.count < Self.mostAnomalyCodes || counted.anomalies[anomaly.code] != nil else {
            counted.omitted["anomalies", default: 0] += 1
            return
        }
        counted.anomalies[anomaly.code, default: 0] += 1
    }

    mutating func count(_ connection: Connection) {
        counted.connections += 1
        stretch(connection.started, connection.started)
    }

    mutating func add(_ gap: Gap) {
        guard hasRoom(counted.gaps.count, Self.mostGaps, "gaps") else { return }
        counted.gaps.append(gap)
    }

    /// Counts an exchange and gives the number of its workflow.
    ///
    /// `source` is the workflow of the redirect that it followed, `upload` the upload that it belongs to.
    mutating func add(
        _ exchange: DecodedExchange, client: ClientKey, source: Int?, upload: UploadTable.Session?
    ) -> Int? {
        let fate = ExchangeFate.of(exchange)
        counted.exchanges += 1
        if fate.isFault { counted.failures += 1 }
        stretch(exchange.started, exchange.ended)
        let body = exchange.exchange.request.body.length
        let answer = exchange.exchange.response?.body.length ?? 0
        counted.bytesSent = counted.bytesSent.addingReportingOverflow(body).partialValue
        counted.bytesReceived = counted.bytesReceived.addingReportingOverflow(answer).partialValue
        let workflow = workflows.add(exchange, fate, client: client, known: source ?? upload?.workflow)
        layers.expect(exchange.manifest)
        layers.add(exchange, workflow: workflow, upload: upload)
        addToken(exchange)
        return workflow
    }

    private mutating func addToken(_ exchange: DecodedExchange) {
        if let grant = exchange.grant, let place = tokens[grant.seq] { counted.tokens[place].uses += 1 }
        guard let request = exchange.tokenRequest, hasRoom(counted.tokens.count, Self.mostTokens, "tokens") else {
            return
        }
        let answer = exchange.tokenAnswer
        tokens[exchange.seq] = counted.tokens.count
        counted.tokens.append(
            TraceSummary.Token(
                seq: exchange.seq, host: exchange.url.authority, asked: Array(request.scopes.prefix(Self.mostScopes)),
                granted: answer?.claims?.access.map { Array($0.prefix(Self.mostScopes)) },
                life: answer?.life ?? 0, isAnonymous: request.isAnonymous, uses: 0, status: exchange.status))
    }

    /// - Returns: the place of the hop in the list.
    mutating func add(_ redirect: Redirect, _ target: TargetURL, of exchange: DecodedExchange) -> Int? {
        guard hasRoom(counted.redirects.count, Self.mostHops, "redirects") else { return nil }
        counted.redirects.append(
            TraceSummary.RedirectHop(
                seq: exchange.seq, from: exchange.url.authority, to: target.authority, status: exchange.status ?? 0,
                signature: redirect.signature, followedBy: nil, carriedCredentials: false))
        return counted.redirects.count - 1
    }

    mutating func follow(hop: Int, by seq: Int64, carriedCredentials: Bool) {
        guard counted.redirects.indices.contains(hop) else { return }
        counted.redirects[hop].followedBy = counted.redirects[hop].followedBy ?? seq
        if carriedCredentials { counted.redirects[hop].carriedCredentials = true }
    }

    func summary(_ hosts: HostTable) -> TraceSummary {
        var summary = counted
        summary.workflows = workflows.finished
        summary.layers = layers.finished(workflows)
        summary.hosts = hosts.summaries
        for (name, count) in [
            ("workflows", workflows.omitted), ("layers", layers.omitted), ("hosts", hosts.omitted),
        ] where count > 0 {
            summary.omitted[name] = count
        }
        return summary
    }

    private mutating func stretch(_ started: Instant, _ ended: Instant) {
        counted.started = min(counted.started ?? started, started)
        counted.ended = max(counted.ended ?? ended, ended)
    }

    private mutating func hasRoom(_ count: Int, _ limit: Int, _ name: String) -> Bool {
        if count < limit { return true }
        counted.omitted[name, default: 0] += 1
        return false
    }
}

extension TokenAnswer {
    /// Seconds that the token lives: as the answer says, else as its claims do.
    fileprivate var life: Int64 {
        guard !saysExpiry, let expires = claims?.expires, let issued = claims?.issued ?? claims?.notBefore else {
            return expiresIn
        }
        return expires.microseconds(since: issued) / 1_000_000
    }
}

extension HostTable {
    fileprivate var summaries: [TraceSummary.Host] {
        order.compactMap { entries[$0] }.map { entry in
            TraceSummary.Host(
                profile: entry.profile, exchanges: entry.exchanges, failures: entry.failures,
                connections: entry.connections, bytesReceived: entry.bytesReceived, bytesSent: entry.bytesSent,
                medianWait: entry.waits.median, highestWait: entry.waits.highest, tls: entry.tls,
                certificate: entry.certificate, packets: entry.packets)
        }
    }
}
