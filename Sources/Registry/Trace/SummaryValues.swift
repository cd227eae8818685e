public import TapeModel

// Initialisers for those who make summaries without a trace: previews and tests of reports. Each leaves out what it can,
// so that it is not the one that the compiler makes.

extension HostProfile {
    public init(_ authority: String, _ role: Role, _ product: Product = .unknown) {
        self.init(authority: authority, role: role, product: product, learntFrom: nil)
    }
}

extension ClientProduct {
    public init(_ name: String, _ version: String?) {
        self.init(name: name, version: version, userAgent: [name, version].compactMap(\.self).joined(separator: "/"))
    }
}

extension URLSignature {
    public init(_ scheme: Scheme, expires: Instant?) {
        self.init(scheme: scheme, starts: nil, expires: expires)
    }
}

extension TraceSummary.Workflow {
    public init(
        number: Int, kind: Kind, outcome: Outcome, host: String, repository: String?, reference: ManifestReference?,
        client: ClientProduct?, started: Instant, ended: Instant, bytes: Int64, steps: [TraceSummary.Step],
        moreSteps: Int = 0
    ) {
        self.init(
            number: number, kind: kind, host: host, repository: repository, reference: reference, client: client,
            started: started, ended: ended, outcome: outcome, exchanges: steps.count + moreSteps,
            failedExchanges: steps.count { $0.hasFailed }, bytes: bytes, steps: steps, moreSteps: moreSteps)
    }
}

extension TraceSummary.Step {
    public init(
        _ seq: Int64, _ endpoint: Endpoint, _ label: String, host: String, started: Instant, timing: Timing,
        status: Int?, bytes: Int64 = 0, hasFailed: Bool = false
    ) {
        self.init(
            seq: seq, endpoint: endpoint, label: label, host: host, started: started, timing: timing, status: status,
            bytes: bytes, hasFailed: hasFailed)
    }
}

extension TraceSummary.Host {
    public init(
        _ profile: HostProfile, exchanges: Int, failures: Int = 0, connections: Int = 1, received: Int64, sent: Int64,
        medianWait: Int64, highestWait: Int64, tls: TLSLeg? = nil, certificate: CertificateSummary? = nil,
        observed packets: PacketCounts? = nil
    ) {
        self.init(
            profile: profile, exchanges: exchanges, failures: failures, connections: connections,
            bytesReceived: received, bytesSent: sent, medianWait: medianWait, highestWait: highestWait, tls: tls,
            certificate: certificate, packets: packets)
    }
}

extension TraceSummary.Layer {
    public init(
        _ digest: Digest, workflow: Int?, isPush: Bool = false, bytes: Int64, expected: Int64?, started: Instant,
        ended: Instant, seq: Int64, host: String, throughput: Double?, wasSkipped: Bool = false, parallelism: Double
    ) {
        self.init(
            digest: digest, workflow: workflow, isPush: isPush, bytes: bytes, expectedBytes: expected,
            started: started, ended: ended, seq: seq, host: host, throughput: throughput, wasSkipped: wasSkipped,
            parallelism: parallelism)
    }
}

extension TraceSummary.Token {
    public init(
        _ seq: Int64, host: String, asked: [TokenScope], granted: [TokenScope]?, life: Int64, isAnonymous: Bool,
        uses: Int, status: Int?
    ) {
        self.init(
            seq: seq, host: host, asked: asked, granted: granted, life: life, isAnonymous: isAnonymous, uses: uses,
            status: status)
    }
}

extension TraceSummary.RedirectHop {
    public init(
        _ seq: Int64, from: String, to: String, status: Int, signature: URLSignature?, followedBy: Int64?,
        carriedCredentials: Bool
    ) {
        self.init(
            seq: seq, from: from, to: to, status: status, signature: signature, followedBy: followedBy,
            carriedCredentials: carriedCredentials)
    }
}
