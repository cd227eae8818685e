import TapeModel

/// Uploads of the recent past, found by the locations that their answers gave.
struct UploadTable: Sendable {
    struct Session: Sendable {
        var repository: String?
        var startedBy: Int64?
        /// `Location` last given, as sent.
        var location: String?
        /// Octets that the server last said to have.
        var offset: Int64?
        var requests = 0
        /// Octets that requests carried.
        var sent: Int64 = 0
        /// Microseconds in which they were sent.
        var flowing: Int64 = 0
        /// When the first of them was sent.
        var started: Instant?
        /// The exchange that carried most of them.
        var carrier: Int64?
        var largest: Int64 = 0
        var workflow: Int?

        mutating func carry(_ exchange: Exchange, seq: Int64) {
            let length = exchange.request.body.length
            guard length > 0 else { return }
            sent = sent.addingReportingOverflow(length).partialValue
            flowing = flowing.addingReportingOverflow(max(0, exchange.timing.send)).partialValue
            started = started ?? exchange.started
            if length >= largest { (largest, carrier) = (length, seq) }
        }
    }

    /// A location without its query, in which `_state` changes with every answer.
    private struct Place: Sendable, Hashable {
        var host: String
        var port: Int
        var path: String
    }

    /// A push has some ten uploads; sessions that are never ended are forgotten first.
    private var sessions = BoundedTable<Int, Session>(limit: 1_024)
    /// A session may move with every answer, and a client may use a location that is no longer the newest.
    private var places = BoundedTable<Place, Int>(limit: 4_096)
    private var newest = 0
    /// With its state a location has some four hundred octets.
    private static let longestURL = 2_048

    /// Number of the session that a request continues, if its URL is a location of one.
    func session(at url: TargetURL) -> Int? { places[Self.place(url)] }

    subscript(number: Int) -> Session? { sessions[number] }

    /// The session of `operation`, a new one where it starts one, and what the request and its answer say of it.
    mutating func step(
        _ exchange: Exchange, _ operation: Operation, _ url: TargetURL, known: Int?, seq: Int64
    ) -> (number: Int, step: UploadStep) {
        let number: Int
        if let known {
            number = known
        } else {
            newest += 1
            number = newest
            let startsHere = [.uploadStart, .uploadMount, .uploadPost].contains(operation.endpoint)
            sessions[number] = Session(repository: operation.repository, startedBy: startsHere ? seq : nil)
            if !startsHere { remember(url, number) }
        }
        var session = sessions[number] ?? Session()
        let state = UploadState(url)
        let expectedState = session.location.flatMap { url.resolving($0) }.flatMap { UploadState($0) }
        session.requests += 1
        var step = UploadStep(
            startedBy: session.startedBy, expectedLocation: session.location,
            offsetBefore: session.offset ?? expectedState?.offset, stateOffset: state?.offset,
            stateStarted: state?.started, ordinal: session.requests)
        session.carry(exchange, seq: seq)
        if let response = exchange.response {
            let location = response.head.fields.first("location")
            step.location = location.flatMap { url.resolving($0) }
            // The Location of a 201 is the blob's own; but ECR answers a chunk with 201 (REGISTRY-FACTS.md §1.2).
            let goesOn =
                response.head.status == 202 || response.head.status == 204
                || response.head.status == 201 && operation.endpoint == .uploadPatch
            if goesOn, let location, location.utf8.count <= Self.longestURL, let resolved = step.location {
                session.location = location
                remember(resolved, number)
            }
            step.offsetAfter = Self.offset(response, exchange, operation, step)
            if let offset = step.offsetAfter, response.head.status < 300 { session.offset = offset }
        }
        sessions[number] = session
        return (number, step)
    }

    mutating func setWorkflow(_ workflow: Int?, of number: Int) {
        _ = sessions.update(number) { $0.workflow = workflow }
    }

    /// How much the server has: the end of `Range` plus one.
    ///
    /// `0-0` means one octet or, as distribution writes it, none: the state of the new location
    /// tells, else whether anything was sent.
    private static func offset(
        _ response: Exchange.Response, _ exchange: Exchange, _ operation: Operation, _ step: UploadStep
    ) -> Int64? {
        guard let last = response.head.fields.first("range").flatMap({ ByteRange(range: $0) })?.last else {
            return step.location.flatMap { UploadState($0) }?.offset
        }
        if last > 0 { return last.addingReportingOverflow(1).partialValue }
        if let offset = step.location.flatMap({ UploadState($0) })?.offset { return offset }
        return exchange.request.body.length > 0 || (step.offsetBefore ?? 0) > 0 ? 1 : 0
    }

    private mutating func remember(_ url: TargetURL, _ number: Int) {
        guard url.path.utf8.count <= Self.longestURL, url.path.utf8.count > 1 else { return }
        places[Self.place(url)] = number
    }

    private static func place(_ url: TargetURL) -> Place {
        Place(host: url.host, port: url.port, path: url.path)
    }
}
