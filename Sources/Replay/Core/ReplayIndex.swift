public import Registry
public import TapeModel

/// A tape as a replayer looks at it: questions, the answers to each in order, and what repositories hold.
///
/// Built record by record, so that a tape of any length is read once. Of bodies it keeps where they are; only the small
/// ones that stand in the records themselves are held, once each.
public struct ReplayIndex: Sendable {
    /// A host that the tape shows.
    public struct Host: Sendable, Hashable {
        public var scheme: String
        public var authority: String
        public var role: HostProfile.Role
    }

    /// How questions are told apart.
    public enum Matching: String, Sendable, Hashable, CaseIterable {
        case meaning
        /// The whole URL counts.
        case exact
    }

    struct Slot: Sendable {
        var key: ReplayKey
        /// In order of the requests' beginnings.
        var answers: [RecordedAnswer]
        /// An example, for near misses.
        var method: String
        var url: String
    }

    public let matching: Matching
    private(set) var decoder = TraceDecoder()
    private(set) var slots: [Slot] = []
    private(set) var slotOf: [ReplayKey: Int] = [:]
    private(set) var content = TapeContent()
    private(set) var schemes: Set<String> = []
    /// Hosts in order of first sight, registries, token servers and storage alike.
    public private(set) var hosts: [Host] = []
    /// Exchanges that can be played back.
    public private(set) var exchanges = 0

    public init(matching: Matching = .meaning) {
        self.matching = matching
    }

    /// Asked before `add`: whether contents that are not inline should be read, at most 4 MiB of each.
    public func wanted(for exchange: Exchange) -> TraceDecoder.Wanted { decoder.wanted(for: exchange) }

    /// Takes in one record of the tape, in the tape's order.
    public mutating func add(_ record: TapeRecord, seq: Int64, contents: TraceDecoder.Contents = .init()) {
        for case .exchange(let decoded) in decoder.handle(record, seq: seq, contents: contents) {
            guard case .exchange(let exchange) = record else { continue }
            add(decoded, exchange, contents)
        }
    }

    /// The registry that an origin stands in for where nobody says which: the tape's first.
    public var registry: Host? { hosts.first { $0.role == .registry } }

    /// Names of the body files that answers need: for whoever looks, before anything is served, whether they are whole.
    public var bodyFiles: Set<String> { content.files }

    /// Takes a body file for lost, because it is not there or not what its name says.
    ///
    /// What needs it is a miss from then on; wrong octets are never an answer.
    public mutating func lose(bodyFile sha256: String) { content.lose(sha256) }

    /// Whether a content is on the tape, unchanged and at hand.
    public func holds(sha256: String) -> Bool { content.holds(sha256) }

    func answers(_ slot: Int) -> [RecordedAnswer] { slots.indices.contains(slot) ? slots[slot].answers : [] }

    private mutating func add(
        _ decoded: DecodedExchange, _ exchange: Exchange, _ contents: TraceDecoder.Contents
    ) {
        // What a proxy in front did is not what a registry answers.
        guard decoded.operation.endpoint != .connect, !decoded.url.host.isEmpty else { return }
        learnHost(decoded)
        content.hold(exchange.request.body, contents.request)
        if let body = exchange.response?.body { content.hold(body, contents.response) }
        content.learn(decoded, exchange)
        guard let answer = RecordedAnswer(decoded, exchange) else { return }
        exchanges += 1
        let request = ReplayRequest(
            method: decoded.method, url: exchange.request.head.url, fields: exchange.request.head.fields)
        let key = key(decoded, request)
        schemes.insert(key.scheme)
        insert(answer, key, request)
    }

    private func key(_ decoded: DecodedExchange, _ request: ReplayRequest) -> ReplayKey {
        switch matching {
        case .exact:
            ReplayKey(
                exact: request.url, authority: decoded.url.authority, method: request.method, fields: request.fields,
                scheme: request.scheme)
        case .meaning:
            ReplayKey(
                decoded.operation, decoded.url, method: request.method, fields: request.fields,
                scheme: request.scheme, token: decoded.tokenRequest)
        }
    }

    private mutating func insert(_ answer: RecordedAnswer, _ key: ReplayKey, _ request: ReplayRequest) {
        guard let slot = slotOf[key] else {
            slotOf[key] = slots.count
            slots.append(Slot(key: key, answers: [answer], method: request.method, url: request.url))
            return
        }
        // Exchanges stand on the tape in the order of their ends; a client meant them in the order of their beginnings.
        var place = slots[slot].answers.endIndex
        while place > 0, slots[slot].answers[place - 1].started > answer.started { place -= 1 }
        if place == slots[slot].answers.endIndex, place > 0, slots[slot].answers[place - 1].isSame(as: answer) {
            slots[slot].answers[place - 1].count += 1
        } else {
            slots[slot].answers.insert(answer, at: place)
        }
    }

    private mutating func learnHost(_ decoded: DecodedExchange) {
        let url = decoded.url
        let host = Host(scheme: url.scheme, authority: url.authority, role: decoded.host.role)
        if let index = hosts.firstIndex(where: { $0.authority == url.authority }) {
            hosts[index].role = host.role
        } else if hosts.count < Self.mostHosts {
            hosts.append(host)
        }
    }

    private static let mostHosts = 512
}

extension RecordedAnswer {
    /// Nothing for an exchange that says nothing about its host: the client gave up, or we could not reach anybody.
    init?(_ decoded: DecodedExchange, _ exchange: Exchange) {
        if let error = exchange.error, [.client, .recorder, .proxy].contains(error.party) { return nil }
        let response = exchange.response
        guard response.map({ (200...599).contains($0.head.status) }) ?? (exchange.error != nil) else { return nil }
        self.init(
            seq: decoded.seq, status: response?.head.status ?? 0,
            fields: ConnectionFields.removed(from: response?.head.fields ?? []),
            body: response.map { RecordedBody($0.body) } ?? .empty, moment: decoded.date ?? decoded.ended,
            started: decoded.started, wait: max(0, exchange.timing.wait), receive: max(0, exchange.timing.receive),
            ending: exchange.error == nil ? .complete : response == nil ? .reset : .cut)
        interim = RecordedInterim.all(of: exchange)
        trailers = response?.trailers ?? []
        if response?.body.isDecoded == true {
            fields.removeAll { $0.name.equalsIgnoringASCIICase("content-encoding") }
        }
    }
}
