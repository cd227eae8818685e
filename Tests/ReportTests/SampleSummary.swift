import Registry
import TapeModel

extension SampleReport {
    static let registry = "registry.example"
    static let store = "store.blob.example"

    static func summary(_ text: (String) -> String, isFailed: Bool) -> TraceSummary {
        var summary = TraceSummary()
        summary.exchanges = 10
        summary.failures = isFailed ? 1 : 0
        summary.connections = 3
        summary.bytesReceived = 88_093_112
        summary.bytesSent = 1_204
        summary.started = start
        summary.ended = at(4_210)
        summary.workflows = [workflow(text, isFailed: isFailed)]
        summary.hosts = hosts(text, isFailed: isFailed)
        summary.layers = layers(text, isFailed: isFailed)
        let scope = TokenScope(type: text("repository"), name: text("team/app"), actions: [text("pull")])
        summary.tokens = [
            TraceSummary.Token(
                6, host: text("auth.example"), asked: [scope], granted: [scope], life: 300, isAnonymous: false, uses: 4,
                status: 200),
            TraceSummary.Token(
                5, host: text("auth.example"), asked: [scope], granted: nil, life: 60, isAnonymous: true, uses: 0,
                status: 401),
        ]
        summary.redirects = [8, 9, 10].map { seq in
            TraceSummary.RedirectHop(
                seq, from: text(registry), to: text(store), status: 307,
                signature: URLSignature(.azureSAS, expires: at(1_200_000)), followedBy: seq + 3,
                carriedCredentials: isFailed && seq == 9)
        }
        if isFailed {
            summary.anomalies[text("missing-close-notify")] = 2
            summary.anomalies[text("obsolete-line-folding")] = 1
        }
        summary.gaps = isFailed ? [Gap(seen: at(900), reason: text("the disk was full"))] : []
        summary.omitted = isFailed ? ["redirects": 4] : [:]
        return summary
    }

    static func digest(_ digit: String) -> Digest? { Digest("sha256:" + String(repeating: digit, count: 64)) }

    private static func timing(_ connect: Int64, _ wait: Int64, _ receive: Int64) -> Timing {
        var timing = Timing()
        timing.dns = connect / 10
        timing.connect = connect * 3 / 10
        timing.tls = connect * 6 / 10
        timing.send = 80
        timing.wait = wait
        timing.receive = receive
        return timing
    }

    private static func workflow(_ text: (String) -> String, isFailed: Bool) -> TraceSummary.Workflow {
        typealias Step = TraceSummary.Step
        func step(
            _ seq: Int64, _ endpoint: Endpoint, _ label: String, _ host: String, _ start: Int64, _ timing: Timing,
            _ status: Int?, _ bytes: Int64 = 0, hasFailed: Bool = false
        ) -> Step {
            Step(
                seq, endpoint, text(label), host: text(host), started: at(start), timing: timing, status: status,
                bytes: bytes, hasFailed: hasFailed)
        }
        let (a, b, c) = ("sha256:aaaaaaaaaaaa", "sha256:bbbbbbbbbbbb", "sha256:cccccccccccc")
        return TraceSummary.Workflow(
            number: 1, kind: .pull, outcome: isFailed ? .failed : .succeeded, host: text(registry),
            repository: text("team/app"), reference: .tag(text("1.4")),
            client: ClientProduct(text("docker"), text("28.3.2")), started: start, ended: at(4_210), bytes: 88_093_112,
            steps: [
                step(4, .ping, "GET /v2/", registry, 38, timing(38_000, 21_000, 300), 401, 87),
                step(
                    6, .tokenGet, "GET token for team/app", "auth.example", 105, timing(44_000, 1_100_000, 400), 200,
                    2_140),
                step(7, .manifestGet, "GET manifest 1.4", registry, 1_220, timing(0, 48_000, 700), 200, 1_861),
                step(8, .blobGet, "GET blob \(a)", registry, 1_280, timing(0, 19_000, 0), 307),
                step(9, .blobGet, "GET blob \(b)", registry, 1_281, timing(0, 24_000, 0), 307),
                step(10, .blobGet, "GET blob \(c)", registry, 1_283, timing(0, 22_500, 0), 307),
                step(
                    11, .storageGet, "GET blob \(a)", store, 1_360, timing(52_000, 61_000, 2_720_000), 200, 71_300_411),
                step(
                    12, .storageGet, "GET blob \(b)", store, 1_368, timing(49_000, 33_000, 200), isFailed ? 400 : 200,
                    isFailed ? 297 : 16_788_000, hasFailed: isFailed),
                step(13, .storageGet, "GET blob \(c)", store, 1_402, timing(0, 71_000, 640_000), 200, 16_790_554),
            ], moreSteps: isFailed ? 1 : 0)
    }

    private static func hosts(_ text: (String) -> String, isFailed: Bool) -> [TraceSummary.Host] {
        let certificate = CertificateSummary(
            subject: text("CN=registry.example"), issuer: text("CN=Example CA 3, O=Example"),
            names: [text("registry.example")], notBefore: at(-8_640_000_000), notAfter: at(5_184_000_000))
        let leg = TLSLeg(alpn: text("h2"), version: text("TLSv1.3"), cipher: text("TLS_AES_128_GCM_SHA256"))
        return [
            TraceSummary.Host(
                HostProfile(text(registry), .registry, .acr), exchanges: 5, received: 2_911, sent: 0,
                medianWait: 22_500, highestWait: 48_000, tls: leg, certificate: certificate),
            TraceSummary.Host(
                HostProfile(text(store), .storage, .azureBlob), exchanges: 4, failures: isFailed ? 1 : 0,
                connections: 2, received: 88_088_061, sent: 0, medianWait: 61_000, highestWait: 71_000,
                tls: TLSLeg(alpn: nil, version: text("TLSv1.2"), cipher: text("ECDHE-RSA-AES256-GCM-SHA384"))),
            TraceSummary.Host(
                HostProfile(text("auth.example"), .tokenServer), exchanges: 1, received: 2_140, sent: 1_204,
                medianWait: 1_100_000, highestWait: 1_100_000),
        ]
    }

    private static func layers(_ text: (String) -> String, isFailed: Bool) -> [TraceSummary.Layer] {
        func layer(
            _ digit: String, _ bytes: Int64, _ expected: Int64, _ from: Int64, _ to: Int64, _ seq: Int64,
            _ throughput: Double?, wasSkipped: Bool = false, _ parallelism: Double
        ) -> TraceSummary.Layer? {
            digest(digit).map {
                TraceSummary.Layer(
                    $0, workflow: 1, bytes: bytes, expected: expected, started: at(from), ended: at(to), seq: seq,
                    host: text(store), throughput: throughput, wasSkipped: wasSkipped, parallelism: parallelism)
            }
        }
        return [
            layer("a", 71_300_411, 71_300_411, 1_421, 4_141, 11, 26_213_386, 0.3),
            isFailed ? nil : layer("b", 16_788_000, 16_788_000, 1_368, 2_000, 12, 26_563_291, 1.9),
            layer("c", 16_790_554, 16_790_560, 1_473, 2_113, 13, 26_235_240, 1),
            layer("d", 0, 1_048_576, 1_270, 1_270, 7, nil, wasSkipped: true, 0),
        ].compactMap(\.self)
    }
}
