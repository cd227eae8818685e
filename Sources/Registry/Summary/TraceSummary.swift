public import TapeModel

/// What a trace was about: workflows with their layers, hosts, tokens, redirects, TLS.
///
/// Bounded: each list has a limit, and what is beyond it is counted.
public struct TraceSummary: Sendable {
    /// Who did what with which image: exchanges that together pull, push, discover or manage (distribution-spec,
    /// workflow categories).
    public struct Workflow: Sendable {
        public enum Kind: String, Sendable {
            case pull, push, discover, manage, login
            case unknown
        }

        public enum Outcome: String, Sendable {
            case succeeded, failed, incomplete
        }

        public var number: Int
        public var kind: Kind
        /// Registry host.
        public var host: String
        public var repository: String?
        public var reference: ManifestReference?
        public var client: ClientProduct?
        public var started: Instant
        public var ended: Instant
        public var outcome: Outcome
        public var exchanges: Int
        public var failedExchanges: Int
        /// Octets of content, both ways.
        public var bytes: Int64
        /// The bars of its waterfall, at most 200, in order of start.
        public var steps: [Step]
        /// Steps that were left out.
        public var moreSteps: Int
    }

    /// One bar of a waterfall.
    public struct Step: Sendable {
        public var seq: Int64
        public var endpoint: Endpoint
        /// `GET blob sha256:dc2a…`, for people.
        public var label: String
        public var host: String
        public var started: Instant
        public var timing: Timing
        public var status: Int?
        public var bytes: Int64
        public var hasFailed: Bool
    }

    public struct Host: Sendable {
        public var profile: HostProfile
        public var exchanges: Int
        public var failures: Int
        public var connections: Int
        public var bytesReceived: Int64
        public var bytesSent: Int64
        /// Microseconds: median and highest time to first octet.
        public var medianWait: Int64
        public var highestWait: Int64
        /// TLS version, cipher and protocol last chosen, issuer and end of the leaf certificate.
        public var tls: TLSLeg?
        public var certificate: CertificateSummary?
        /// Of all its connections together, where packets were the witness.
        public var packets: PacketCounts?
    }

    /// One blob that was pulled or pushed.
    public struct Layer: Sendable {
        public var digest: Digest
        public var workflow: Int?
        public var isPush: Bool
        public var bytes: Int64
        /// By the manifest; nothing where none was seen.
        public var expectedBytes: Int64?
        public var started: Instant
        public var ended: Instant
        /// The exchange that carried its octets.
        public var seq: Int64
        public var host: String
        /// Octets a second while octets flowed; nothing below a millisecond.
        public var throughput: Double?
        /// Mounted or present already: nothing was moved.
        public var wasSkipped: Bool
        /// Other layers that moved at the same time, on average.
        public var parallelism: Double
    }

    public struct Token: Sendable {
        public var seq: Int64
        public var host: String
        public var asked: [TokenScope]
        public var granted: [TokenScope]?
        /// Seconds.
        public var life: Int64
        public var isAnonymous: Bool
        public var uses: Int
        public var status: Int?
    }

    public struct RedirectHop: Sendable {
        public var seq: Int64
        public var from: String
        public var to: String
        public var status: Int
        public var signature: URLSignature?
        /// The exchange that followed it.
        public var followedBy: Int64?
        public var carriedCredentials: Bool
    }

    public var exchanges = 0
    public var failures = 0
    public var connections = 0
    public var bytesSent: Int64 = 0
    public var bytesReceived: Int64 = 0
    public var started: Instant?
    public var ended: Instant?
    public var workflows: [Workflow] = []
    public var hosts: [Host] = []
    public var layers: [Layer] = []
    public var tokens: [Token] = []
    public var redirects: [RedirectHop] = []
    /// Anomalies by code.
    public var anomalies: [String: Int] = [:]
    public var gaps: [Gap] = []
    /// How many of each list were beyond its limit.
    public var omitted: [String: Int] = [:]

    public init() {}
}
