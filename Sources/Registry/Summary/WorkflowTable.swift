import TapeModel

/// Sorts exchanges into workflows: this pull of that image by that client, this push.
///
/// Nothing on the wire says where one ends and the next begins. What tells is who asks whom for which repository, a
/// tag that is asked for anew, and a pause.
struct WorkflowTable: Sendable {
    private struct Place: Sendable, Hashable {
        var client: ClientKey
        /// Registry host; nothing where only the repository is known, as of a token.
        var host: String?
        var repository: String?
    }

    /// A report of more is read by nobody; beyond it the oldest that succeeded go first.
    private static let limit = 500
    /// Waterfalls are long; all together they have an end.
    private static let mostSteps = 20_000
    private static let mostStepsOfOne = 200
    /// A client that thinks for longer than this begins anew, in microseconds; containerd waits 30 s to try again.
    private static let longestPause: Int64 = 60_000_000

    private var records: [Int: WorkflowRecord] = [:]
    private var order: [Int] = []
    private var newest = 0
    private var steps = 0
    private(set) var omitted = 0
    /// Workflows that may go on, the latest last.
    private var open = BoundedTable<Place, [Int]>(limit: 1_024)
    /// Pings and tokens that no repository has been asked for yet.
    private var logins = BoundedTable<Place, Int>(limit: 256)

    var finished: [TraceSummary.Workflow] { order.compactMap { records[$0]?.finished } }

    subscript(number: Int) -> WorkflowRecord? { records[number] }

    /// Adds an exchange and gives the number of its workflow; nothing where it belongs to none.
    ///
    /// `known` is the workflow of the upload or the redirect that it goes on with.
    mutating func add(_ exchange: DecodedExchange, _ fate: ExchangeFate, client: ClientKey, known: Int?) -> Int? {
        let known = known.flatMap { records[$0] == nil ? nil : $0 }
        guard let number = known ?? self.number(for: exchange, client), let index = records.index(forKey: number)
        else { return nil }
        records.values[index].add(exchange, fate)
        if steps < Self.mostSteps, records.values[index].summary.steps.count < Self.mostStepsOfOne {
            records.values[index].summary.steps.append(Self.step(exchange, fate))
            steps += 1
        } else {
            records.values[index].summary.moreSteps += 1
        }
        return number
    }

    private static func step(_ exchange: DecodedExchange, _ fate: ExchangeFate) -> TraceSummary.Step {
        let sent = exchange.exchange.request.body.length
        let received = exchange.exchange.response?.body.length ?? 0
        return TraceSummary.Step(
            seq: exchange.seq, endpoint: exchange.operation.endpoint, label: StepLabel.text(exchange),
            host: exchange.host.authority, started: exchange.started, timing: exchange.exchange.timing,
            status: exchange.status, bytes: sent.addingReportingOverflow(received).partialValue,
            hasFailed: fate.isFault)
    }

    // MARK: Which one

    private mutating func number(for exchange: DecodedExchange, _ client: ClientKey) -> Int? {
        let host = exchange.url.authority
        switch exchange.operation.endpoint {
        case .connect, .unknown, .registryV1, .storageGet, .storageHead:
            return nil
        case .ping:
            return begun(Place(client: client, host: host), exchange) ?? login(exchange, client, host)
        case .tokenGet, .tokenPost, .tokenExchange:
            let scopes = exchange.tokenRequest?.scopes ?? []
            for scope in scopes where scope.type == "repository" {
                if let number = latest(Place(client: client, repository: scope.name), exchange) { return number }
            }
            return pending(Place(client: client), exchange) ?? login(exchange, client, host)
        default:
            // Names have 255 characters at most; what is longer is told by its beginning.
            let repository = exchange.operation.repository.map { name in
                name.utf8.count <= 512 ? name : String(decoding: name.utf8.prefix(512), as: UTF8.self)
            }
            return self.number(in: repository, exchange, client, host)
        }
    }

    private mutating func number(
        in repository: String?, _ exchange: DecodedExchange, _ client: ClientKey, _ host: String
    ) -> Int {
        let place = Place(client: client, host: host, repository: repository ?? "")
        let candidates = (open[place] ?? []).filter { number in
            guard goesOn(number, exchange), let record = records[number] else { return false }
            return !Self.begins(exchange.operation, record)
        }
        let owner = exchange.operation.digest.flatMap { digest in
            candidates.last { records[$0]?.expected.contains(digest) == true }
        }
        if let number = owner ?? candidates.last {
            remember(number, at: place)
            return number
        }
        let number = adopt(exchange, client, host, repository) ?? create(exchange, host, repository)
        remember(number, at: place)
        return number
    }

    /// Whether an operation on the same repository by the same client begins a workflow of its own.
    private static func begins(_ operation: Operation, _ record: WorkflowRecord) -> Bool {
        let signs = record.signs
        switch operation.endpoint {
        case .manifestGet, .manifestHead:
            guard let tag = operation.imageTag else { return false }
            if signs.contains(.pushedTag) { return true }
            if signs.contains(.wrote) { return false }
            if case .tag(let earlier)? = record.summary.reference, earlier != tag { return true }
            return signs.contains(.readBlob)
        case .uploadStart, .uploadPost, .uploadMount:
            return signs.contains(.pushedTag) || signs.contains(.readBlob) && !signs.contains(.wrote)
        case .manifestPut:
            return signs.contains(.readBlob) && !signs.contains(.wrote)
        case .manifestDelete, .blobDelete:
            return !signs.isDisjoint(with: [.wrote, .readBlob])
        case .blobHead:
            return signs.contains(.pushedTag)
        default: return false
        }
    }

    /// A ping and a token that came first become part of what they were for.
    private mutating func adopt(
        _ exchange: DecodedExchange, _ client: ClientKey, _ host: String, _ repository: String?
    ) -> Int? {
        let places = [Place(client: client, host: host), Place(client: client)]
        guard let number = places.compactMap({ pending($0, exchange) }).first, let index = records.index(forKey: number)
        else { return nil }
        for place in places where logins[place] == number { logins[place] = nil }
        records.values[index].summary.host = host
        records.values[index].summary.repository = repository
        return number
    }

    private mutating func login(_ exchange: DecodedExchange, _ client: ClientKey, _ host: String) -> Int? {
        let place = Place(client: client, host: host)
        if let number = pending(place, exchange) { return number }
        let number = create(exchange, host, nil)
        logins[place] = number
        logins[Place(client: client)] = number
        return number
    }

    /// A ping and a token that still wait for what they are for.
    private func pending(_ place: Place, _ exchange: DecodedExchange) -> Int? {
        guard let number = logins[place], goesOn(number, exchange), let record = records[number],
            record.summary.repository == nil, record.kind == .login, !record.signs.contains(.endedLogin)
        else { return nil }
        return number
    }

    /// The workflow that a token belongs to, unless that was a push and is complete.
    private func latest(_ place: Place, _ exchange: DecodedExchange) -> Int? {
        open[place]?.last { goesOn($0, exchange) && records[$0]?.signs.contains(.pushedTag) == false }
    }

    /// The workflow that a ping belongs to: one that has moved nothing yet, because clients ping first.
    private func begun(_ place: Place, _ exchange: DecodedExchange) -> Int? {
        open[place]?.last { goesOn($0, exchange) && records[$0]?.signs.isDisjoint(with: [.readBlob, .wrote]) == true }
    }

    private func goesOn(_ number: Int, _ exchange: DecodedExchange) -> Bool {
        guard let record = records[number] else { return false }
        return exchange.started.microseconds(since: record.summary.ended) <= Self.longestPause
    }

    private mutating func remember(_ number: Int, at place: Place) {
        for place in [
            place, Place(client: place.client, host: place.host),
            Place(client: place.client, repository: place.repository),
        ] {
            let moved: Void? = open.update(place) { list in
                guard list.last != number else { return }
                list.removeAll { $0 == number }
                list.append(number)
                // Four pulls of one repository by one client at one time are told apart.
                if list.count > 4 { list.removeFirst() }
            }
            if moved == nil { open[place] = [number] }
        }
    }

    private mutating func create(_ exchange: DecodedExchange, _ host: String, _ repository: String?) -> Int {
        if order.count >= Self.limit { dropOne() }
        newest += 1
        records[newest] = WorkflowRecord(
            number: newest, host: host, repository: repository, client: exchange.client,
            started: exchange.started)
        order.append(newest)
        return newest
    }

    /// Makes room: the oldest that succeeded, else the oldest.
    private mutating func dropOne() {
        let place = order.firstIndex { records[$0]?.outcome == .succeeded } ?? order.startIndex
        guard let record = records.removeValue(forKey: order.remove(at: place)) else { return }
        steps -= record.summary.steps.count
        omitted += 1
    }
}
