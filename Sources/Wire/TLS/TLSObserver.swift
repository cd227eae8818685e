public import TapeModel

/// Watches one TLS connection from outside and says what it sees; with the secrets of a key log, what was said in it.
///
/// Octets of each side come in their order. A record that needs a secret which the log does not have yet is held, with
/// everything behind it, until `retry` finds the secret, the log is complete, or more than `mostHeld` octets of memory
/// are taken.
public struct TLSObserver: Sendable {
    /// Memory for records of both sides that may wait for secrets: a log is written within milliseconds of its packets.
    public static let mostHeld = 1 << 20

    static let howToGetKeys =
        "set SSLKEYLOGFILE for the client (curl, browsers; Python 3.8 and later with keylog_filename), "
        + "or record through regtape with SSLKEYLOGFILE"

    /// How one side's next records are to be read.
    enum Reading: Sendable {
        case clear
        /// The keys change with the next record, and have to be found first.
        case keyed(Epoch)
        case protected(RecordProtection, Epoch)
        /// Nothing can be read any more.
        case opaque
    }

    enum Epoch: Sendable {
        case early
        case handshake
        case traffic
        /// TLS 1.2 has one set of keys for a handshake.
        case session
    }

    struct Half: Sendable {
        var stream = RecordStream()
        var reading = Reading.clear
        /// Handshake octets that are no whole message yet.
        var messages: [UInt8] = []
        var isFinished = false
        var records = 0
        /// Records passed over as early data that the server refused.
        var passedOver = 0
        /// Behind a loss: how often another opening may be tried.
        var attemptsLeft: Int?
    }

    var client = Half()
    var server = Half()
    var clientHello: HelloFacts?
    var serverHello: HelloFacts?
    var toldClientHello = false
    var toldFinished = false
    /// Whether the server took early data; nil until its encrypted extensions say so.
    var acceptsEarlyData: Bool?
    private var segments = 0
    private var generation = -1

    public init() {}

    /// Takes the next octets of one side.
    public mutating func receive(
        _ side: Side, _ octets: Span<UInt8>, at: Instant, secrets: KeyLogSecrets, into events: inout [TLSEvent]
    ) {
        if case .opaque = self[side].reading, !isWatchingOpaque { return }
        segments += 1
        self[side].stream.append(octets, at: at, order: segments)
        drain(secrets, into: &events)
        if client.stream.cost + server.stream.cost > Self.mostHeld { giveUp(at: at, secrets, into: &events) }
    }

    /// Memory for records that are whole and wait for secrets.
    var waitingOctets: Int {
        Side.allCases.reduce(0) { sum, side in
            guard case .record = self[side].stream.next() else { return sum }
            return sum + self[side].stream.cost
        }
    }

    /// Waits no longer: the memory is needed.
    mutating func stopWaiting(at: Instant, secrets: KeyLogSecrets, into events: inout [TLSEvent]) {
        giveUp(at: at, secrets, into: &events)
    }

    /// Looks again at what waits for secrets; costs nothing where the log did not grow.
    public mutating func retry(secrets: KeyLogSecrets, into events: inout [TLSEvent]) {
        guard secrets.generation != generation || secrets.isComplete else { return }
        generation = secrets.generation
        drain(secrets, into: &events)
    }

    /// Octets of one side are missing; how many, where that is known.
    public mutating func gap(
        _ side: Side, octets: Int64?, at: Instant, secrets: KeyLogSecrets, into events: inout [TLSEvent]
    ) {
        drain(secrets, into: &events)
        guard !self[side].isOpaque else { return }
        // Keys that change somewhere in the lost stretch cannot be followed.
        switch self[side].reading {
        case .protected(_, .traffic), .protected(_, .session):
            self[side].attemptsLeft = Self.mostAttempts
            self[side].stream.removeAll()
            self[side].messages = []
        default: makeOpaque(side, Self.lossReason, &events)
        }
    }

    /// One side said its last octet.
    public mutating func endOfStream(
        _ side: Side, at: Instant, secrets: KeyLogSecrets, into events: inout [TLSEvent]
    ) {
        drain(secrets, into: &events)
        if self[side].isClear, self[side].stream.count > 0, case .incomplete = self[side].stream.next() {
            events.append(
                .oddity(side, code: "tls-record-cut", detail: "The stream ended inside a TLS record.", at: at))
            self[side].stream.removeAll()
        }
    }

    /// The connection is over: what still waits is given up.
    public mutating func finish(at: Instant, secrets: KeyLogSecrets, into events: inout [TLSEvent]) {
        drain(secrets, into: &events)
        // Early data that nothing followed: more likely the secrets are not those of this connection.
        if case .protected(_, .handshake) = client.reading, client.passedOver > 0 {
            tellNotAuthentic(.client, at: at, &events)
        }
        giveUp(at: at, secrets, into: &events)
    }

    /// Reads records of both sides in the order in which they were complete, as far as secrets allow.
    private mutating func drain(_ secrets: KeyLogSecrets, into events: inout [TLSEvent]) {
        while true {
            var next: (side: Side, header: RecordHeader, order: Int, at: Instant)?
            for side in Side.allCases {
                if self[side].attemptsLeft != nil, !findRecord(side, &events) { continue }
                switch self[side].stream.next() {
                case .incomplete: continue
                case .notARecord:
                    notARecord(side, &events)
                case .record(let header):
                    guard canRead(side, header, secrets, &events) else { continue }
                    let arrival = self[side].stream.arrival(5 + header.length)
                    if let other = next, other.order <= arrival.order { continue }
                    next = (side, header, arrival.order, arrival.at)
                }
            }
            guard let next else { return }
            read(next.side, next.header, at: next.at, &events)
        }
    }

    private mutating func notARecord(_ side: Side, _ events: inout [TLSEvent]) {
        let at = self[side].stream.arrival(5).at
        if !self[side].isOpaque {
            events.append(
                .oddity(side, code: "tls-not-a-record", detail: "Octets that are no TLS record.", at: at))
            makeOpaque(side, "What was sent is no TLS record, so that nothing behind it can be read.", &events)
        }
        self[side].stream.removeAll()
    }

    /// Gives up sides whose records wait, for want of secrets or of the other side's hello.
    private mutating func giveUp(at: Instant, _ secrets: KeyLogSecrets, into events: inout [TLSEvent]) {
        for side in Side.allCases {
            if self[side].attemptsLeft != nil {
                self[side].attemptsLeft = nil
                makeOpaque(side, Self.lossReason, &events)
            } else if case .record = self[side].stream.next() {
                makeOpaque(side, missingReason, &events)
            }
        }
        drain(secrets, into: &events)
        for side in Side.allCases where self[side].isOpaque { self[side].stream.removeAll() }
    }

    var missingReason: String {
        guard clientHello != nil else { return "The capture does not hold the beginning of this connection." }
        return "It was not decrypted, because its secrets are in no key log. To get one, \(Self.howToGetKeys)."
    }

    mutating func makeOpaque(_ side: Side, _ reason: String, _ events: inout [TLSEvent]) {
        guard !self[side].isOpaque else { return }
        self[side].reading = .opaque
        self[side].messages = []
        if !isWatchingOpaque { self[side].stream.removeAll() }
        events.append(.undecrypted(side, reason: reason))
    }

    /// Records that cannot be read still tell when the handshake was over.
    private var isWatchingOpaque: Bool { !toldFinished }

    subscript(side: Side) -> Half {
        // Lent and not copied: a copy of a side for each look at it cost as much as decrypting.
        _read {
            if side == .client { yield client } else { yield server }
        }
        _modify {
            if side == .client { yield &client } else { yield &server }
        }
    }
}

extension TLSObserver.Half {
    var isOpaque: Bool {
        if case .opaque = reading { true } else { false }
    }

    var isClear: Bool {
        if case .clear = reading { true } else { false }
    }
}
