public import TapeModel

/// Writes what witnesses saw onto a tape: the `TapeSink` of a directory.
///
/// Not safe for use by two threads; one owns it. Nothing that a decoder said reaches the disk before `Redacting` has
/// seen it. When the disk fails, recording ends with one sentence through `onStop`, and every later call does nothing:
/// the traffic must never notice. Connection numbers begin anew with each `tape` record, `seq` never does.
public final class TapeWriter: TapeSink {
    /// Told of each exchange as it was written, redacted: when a crash of ours cannot lose it any more, and under
    /// `.strict` when a loss of power cannot either.
    public var onExchange: ((Exchange) -> Void)?
    /// Told of each connection as it was written.
    public var onConnection: ((Connection) -> Void)?
    /// Told of each record with its place as soon as it is appended, redacted, in the order of the tape; the bodies that it
    /// names are there.
    public var onRecord: ((TapeRecord, Int64) -> Void)?
    /// Told once, in one sentence, when recording had to stop.
    public var onStop: ((String) -> Void)?

    /// The open exchanges of one connection.
    ///
    /// A class, as is what it holds: values in a dictionary would be copied out and in again with each event, and their
    /// heads' reference counts with them.
    private final class OpenConnection {
        let connection: Connection
        /// Time for name, connection and handshake, until an exchange takes it.
        var openingTiming: Timing?
        var exchanges: [Int: OpenExchange] = [:]

        init(_ connection: Connection) {
            self.connection = connection
            openingTiming = connection.timing
        }
    }

    private final class OpenExchange {
        var assembly: ExchangeAssembly
        var request: BodySpool?
        var response: BodySpool?

        init(_ assembly: ExchangeAssembly) {
            self.assembly = assembly
        }

        func spool(of side: Side) -> BodySpool? { side == .client ? request : response }
    }

    private struct Synchronization {
        var ticket: DiskThread.Ticket
        var octets: Int
        var acknowledgements: [Acknowledgement]
    }

    private enum Acknowledgement {
        case exchange(Exchange)
        case connection(Connection)
    }

    private let options: TapeWriterOptions
    private let paths: TapePaths
    private let files: any TapeFiles
    private let log: LineLog
    private let disk: DiskThread
    private let bodies: BodyStore
    private var redactor: any Redacting & Sendable
    private var connections: [ConnectionID: OpenConnection] = [:]
    private var pending = PendingRecords()
    /// Whom lines concern that are written and not safe yet.
    private var acknowledgements: [Acknowledgement] = []
    /// Whom lines concern that are safe: told when the work at hand is done.
    private var due: [Acknowledgement] = []
    /// The synchronisation of lines that is under way.
    private var synchronization: Synchronization?
    private var nextSeq: Int64
    private var synchronized: Instant
    /// Whether what it is given goes to the tape: not after its end, and not once the disk has failed.
    public private(set) var isWriting = true

    /// Makes the tape, or takes up the one that is there.
    ///
    /// The directory is made where it is missing; its parent must exist. `keyID` tells which pseudonym key the redactor
    /// uses. Throws where another writer has the tape, where it is no tape, or where it cannot be written.
    public init(
        directory: String, options: TapeWriterOptions, redactor: any Redacting & Sendable, keyID: String,
        files: any TapeFiles = LocalFiles(), now: Instant
    ) throws(TapeError) {
        let paths = TapePaths(directory: directory)
        let opening = TapeOpening(paths: paths, files: files)
        let opened = try opening.open()
        self.options = options
        self.paths = paths
        self.files = files
        self.log = opened.log
        self.disk = DiskThread(files: files, digests: paths.digests, isConcurrent: options.isConcurrent)
        self.bodies = BodyStore(paths: paths, files: files, disk: disk)
        self.redactor = redactor
        self.nextSeq = opened.nextSeq
        self.synchronized = now
        let header = TapeHeader(
            id: opened.id ?? Self.randomID(), created: now, tool: options.tool, redactionPolicy: redactor.policyName,
            redactionKey: keyID)
        do throws(FileFailure) {
            try append(.tape(header))
            try log.synchronize()
            try files.synchronizeDirectory(directory)
        } catch {
            isWriting = false
            try? log.cutToWholeLine()
            if opened.isBlank { opening.leaveNothing(isNewDirectory: opened.isNewDirectory) }
            try? files.remove(paths.reserve)
            files.close(log.descriptor)
            throw TapeError(.notWritable, of: directory, error, advice: "choose a --tape on a disk with room.")
        }
    }

    deinit {
        // The lock ends with the descriptor; a tape without an end record says that nobody finished it.
        guard isWriting else { return }
        disk.drain()
        files.close(log.descriptor)
    }

    public func connectionOpened(_ connection: Connection) {
        writing { () throws(FileFailure) in
            var kept = connection
            kept.failure = masked(connection.failure)
            connections[connection.id] = OpenConnection(kept)
            try append(.connection(kept))
            acknowledgements.append(.connection(kept))
        }
    }

    public func record(
        _ events: [ExchangeEvent], of connection: ConnectionID, bytes: Span<UInt8>, at now: Instant
    ) {
        bytes.withUnsafeBufferPointer { buffer in
            writing { () throws(FileFailure) in
                for event in events { try handle(event, of: connection, bytes: buffer, at: now) }
            }
        }
    }

    public func connectionClosed(_ end: ConnectionEnd) {
        writing { () throws(FileFailure) in
            let error = ExchangeError(
                party: .recorder, code: "connection-closed", detail: "The connection closed with the exchange open.")
            try endExchanges(of: end.id, error, at: end.ended)
            connections[end.id] = nil
            var kept = end
            kept.error = masked(end.error)
            if !pending.hold(kept) { try append(.connectionEnd(kept)) }
        }
    }

    public func gap(_ gap: Gap) {
        writing { () throws(FileFailure) in try append(.gap(gap)) }
    }

    public func tick(at now: Instant) {
        writing { () throws(FileFailure) in
            try log.flush()
            let isDue = now.microseconds(since: synchronized) >= Self.synchronizeInterval || now < synchronized
            guard isDue, synchronization == nil else { return }
            synchronized = now
            if log.unsynchronized > 0 { try synchronizeLines() }
        }
    }

    /// Ends the tape in order: open exchanges are written as far as they got, then an `end` record.
    public func finish(reason: String, at now: Instant) {
        writing { () throws(FileFailure) in
            let error = ExchangeError(
                party: .recorder, code: "recording-stopped", detail: "The recording stopped with the exchange open.")
            for connection in connections.keys.sorted() { try endExchanges(of: connection, error, at: now) }
            connections = [:]
        }
        disk.drain()
        writing { () throws(FileFailure) in
            try collect()
            try append(.end(TapeEnd(ended: now, reason: reason)))
            try log.synchronize()
            due += acknowledgements
            acknowledgements = []
        }
        guard isWriting else { return }
        isWriting = false
        try? files.remove(paths.reserve)
        files.close(log.descriptor)
    }

    // MARK: Events

    private func handle(
        _ event: ExchangeEvent, of connection: ConnectionID, bytes: UnsafeBufferPointer<UInt8>, at now: Instant
    ) throws(FileFailure) {
        switch event {
        case .requestReceived(let number, let stream, let head, let started):
            begin(number, of: connection, stream: stream, head, started: started, at: now)
        case .interimReceived(let number, let head):
            update(number, of: connection) { open in
                open.assembly.interimReceived(redactor.redact(head, to: open.assembly.originalRequest))
            }
        case .responseReceived(let number, let head, let started):
            update(number, of: connection) { open in
                let kept = redactor.redact(head, to: open.assembly.originalRequest)
                open.assembly.responseReceived(head, redacted: kept, started: started, at: now)
            }
        case .bodyReceived(let number, let side, let range):
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return }
            try body(UnsafeBufferPointer(rebasing: bytes[range]), of: number, connection, side, at: now)
        case .trailersReceived(let number, let side, let fields):
            update(number, of: connection) { open in
                open.assembly.trailersReceived(from: side, redacted: redactor.redact(trailers: fields), at: now)
            }
        case .messageEnded(let number, let side):
            update(number, of: connection) { open in open.assembly.messageEnded(side, at: now) }
        case .exchangeEnded(let number, let error):
            try end(number, of: connection, error, at: now)
        case .anomalyFound(let anomaly):
            try note(anomaly)
        case .becameOpaque(let reason):
            try note(
                Anomaly(
                    connection: connection, side: .server, seen: now, code: "became-opaque", detail: reason))
        }
    }

    private func begin(
        _ number: Int, of connection: ConnectionID, stream: Int?, _ head: RequestHead, started: Instant, at now: Instant
    ) {
        guard let open = connections[connection] else { return }
        let exchange = Exchange(
            connection: connection, stream: stream, source: open.connection.source, started: started,
            timing: open.openingTiming ?? Timing(), request: Exchange.Request(head: redactor.redact(head)))
        open.openingTiming = nil
        open.exchanges[number] = OpenExchange(ExchangeAssembly(exchange, originalRequest: head, at: now))
    }

    private func update(_ number: Int, of connection: ConnectionID, _ change: (OpenExchange) -> Void) {
        if let open = connections[connection]?.exchanges[number] { change(open) }
    }

    private func body(
        _ octets: UnsafeBufferPointer<UInt8>, of number: Int, _ connection: ConnectionID, _ side: Side, at now: Instant
    ) throws(FileFailure) {
        guard let open = connections[connection]?.exchanges[number], !octets.isEmpty else { return }
        open.assembly.octetsReceived(from: side, at: now)
        let spool: BodySpool
        if let known = open.spool(of: side) {
            spool = known
        } else {
            let treatment = redactor.treatment(
                of: side, request: open.assembly.originalRequest, response: open.assembly.originalResponse)
            spool = BodySpool(treatment: treatment, store: bodies)
            switch side {
            case .client: open.request = spool
            case .server: open.response = spool
            }
        }
        let hadOutgrown = spool.outgrewMemory
        try spool.append(octets)
        if spool.outgrewMemory, !hadOutgrown {
            try note(
                Anomaly(
                    connection: connection, exchange: number, side: side, seen: now, code: "body-not-kept",
                    detail: "Too many bodies were held for redaction at once; this one is counted and not kept."))
        }
    }

    private func endExchanges(
        of connection: ConnectionID, _ error: ExchangeError, at now: Instant
    ) throws(FileFailure) {
        for number in (connections[connection]?.exchanges.keys.sorted() ?? []) {
            try end(number, of: connection, error, at: now)
        }
    }

    private func end(
        _ number: Int, of connection: ConnectionID, _ error: ExchangeError?, at now: Instant
    ) throws(FileFailure) {
        guard let place = connections[connection], let open = place.exchanges[number] else { return }
        let request = try content(of: .client, open)
        let response = try content(of: .server, open)
        place.exchanges[number] = nil
        let exchange = open.assembly.finished(
            requestBody: request.body, responseBody: response.body, error: masked(error), at: now)
        if request.ticket == nil, response.ticket == nil { return try append(exchange) }
        pending.hold(exchange, until: Set([request.ticket, response.ticket].compactMap(\.self)))
        guard pending.count >= Self.mostPending else { return }
        disk.drain()
        try collect()
    }

    private func content(of side: Side, _ open: OpenExchange) throws(FileFailure) -> BodySpool.Finished {
        let isWhole = open.assembly.isWhole(side)
        guard let spool = open.spool(of: side) else {
            return BodySpool.Finished(body: Body(length: 0, stored: isWhole ? nil : .partial))
        }
        return try spool.finish(isWhole: isWhole, codings: open.assembly.codings(of: side)) { octets in
            redactor.redact(
                body: octets, of: side, request: open.assembly.originalRequest, response: open.assembly.originalResponse
            )
        }
    }

    private func note(_ anomaly: Anomaly) throws(FileFailure) {
        var kept = anomaly
        kept.detail = redactor.redact(text: anomaly.detail)
        kept.raw = redactor.redact(raw: anomaly.raw)
        try append(.anomaly(kept))
    }

    private func masked(_ error: ExchangeError?) -> ExchangeError? {
        guard var error else { return nil }
        error.detail = redactor.redact(text: error.detail)
        return error
    }

    // MARK: Disk

    private func append(_ record: TapeRecord) throws(FileFailure) {
        try log.append(TapeLine(seq: nextSeq, record: record).encoded)
        onRecord?(record, nextSeq)
        nextSeq += 1
    }

    private func append(_ exchange: Exchange) throws(FileFailure) {
        var exchange = exchange
        exchange.seq = nextSeq
        try append(.exchange(exchange))
        acknowledgements.append(.exchange(exchange))
    }

    /// Takes note of what became durable, and writes the lines that waited for it.
    private func collect() throws(FileFailure) {
        try take(note: disk.collect())
    }

    private func take(note tickets: [DiskThread.Ticket]) throws(FileFailure) {
        guard !tickets.isEmpty else { return }
        if let synchronization, tickets.contains(synchronization.ticket) {
            log.synchronized(synchronization.octets)
            due += synchronization.acknowledgements
            self.synchronization = nil
        }
        for record in pending.release(tickets) {
            if case .exchange(let exchange) = record { try append(exchange) } else { try append(record) }
        }
    }

    /// Has the lines so far synchronised, and those whom they concern told when that is done.
    private func synchronizeLines() throws(FileFailure) {
        try log.flush()
        let ticket = disk.ticket()
        let isStrict = options.durability == .strict
        synchronization = Synchronization(
            ticket: ticket, octets: log.unsynchronized, acknowledgements: isStrict ? acknowledgements : [])
        if isStrict { acknowledgements = [] }
        disk.submit(.synchronize(log.descriptor, ticket))
        try collect()
    }

    /// Begins what must become durable now; waits only where more would be lost than was promised.
    private func settle() throws(FileFailure) {
        if synchronization != nil, log.unsynchronized >= Self.synchronizeSize {
            disk.drain()
            try collect()
        }
        guard synchronization == nil else { return }
        let isWaitedFor = options.durability == .strict && !acknowledgements.isEmpty
        if isWaitedFor || log.unsynchronized >= Self.synchronizeSize / 2 { try synchronizeLines() }
    }

    /// Does work that writes, then tells whom it concerns; stops the recording where the disk fails.
    private func writing(_ work: () throws(FileFailure) -> Void) {
        guard isWriting else { return }
        do throws(FileFailure) {
            try work()
            try collect()
            try settle()
        } catch {
            return stop(error)
        }
        if options.durability == .normal, log.isFlushed {
            due += acknowledgements
            acknowledgements.removeAll(keepingCapacity: true)
        }
        guard !due.isEmpty else { return }
        let told = due
        due = []
        for acknowledgement in told {
            switch acknowledgement {
            case .exchange(let exchange): onExchange?(exchange)
            case .connection(let connection): onConnection?(connection)
            }
        }
    }

    /// Leaves whole lines behind and says so once.
    ///
    /// Where there was merely no room, a closing record is written into the room that was kept for it; a device that
    /// failed is not written to again.
    private func stop(_ failure: FileFailure) {
        isWriting = false
        for open in connections.values {
            for exchange in open.exchanges.values {
                exchange.request?.discard()
                exchange.response?.discard()
            }
        }
        connections = [:]
        disk.drain()
        try? files.remove(paths.reserve)
        do throws(FileFailure) {
            if failure.isFull, !failure.isLostSynchronization {
                try? log.flush()
                try log.cutToWholeLine()
                // Bodies that were whole before the room ran out still get their lines.
                try take(note: disk.takeDone())
                try append(.end(TapeEnd(ended: synchronized, reason: "\(failure)")))
                try log.synchronize()
            } else {
                try log.cutToWholeLine()
            }
        } catch {
            // The closing record is a courtesy; what counts is that no torn line stays.
            try? log.cutToWholeLine()
        }
        files.close(log.descriptor)
        acknowledgements = []
        due = []
        onStop?("Recording to \(paths.directory) stopped: \(failure)")
    }

    private static func randomID() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// A second, in microseconds.
    private static let synchronizeInterval: Int64 = 1_000_000
    private static let synchronizeSize = 8 * 1024 * 1024
    /// Exchanges that wait for the disk: each holds a descriptor, of which a process has about a thousand.
    private static let mostPending = 128
}
