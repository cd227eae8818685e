import TapeModel

// What the notes of a transcript say of the exchange above them, of the one below, and of connections.

extension TranscriptAssembler {
    mutating func handle(_ note: TranscriptNote, _ number: Int, _ now: Instant?) throws(TranscriptError) {
        switch note {
        case .connected(let host, let address, let port, let curlNumber):
            close()
            connections.open(host: host, address: address, port: port, number: curlNumber, at: now ?? clock)
        case .reused(let curlNumber, let host):
            close()
            connections.reuse(number: curlNumber, host: host)
        case .tunnel(let authority): connections.tunnel(to: authority)
        case .secured(let version, let cipher):
            connections.secure {
                $0.version = version
                $0.cipher = cipher
            }
        case .protocolsOffered(let names): connections.secure { $0.alpnOffered += names }
        case .protocolChosen(let name): connections.secure { $0.alpn = name }
        case .versionsOffered(let names): connections.secure { $0.versionsOffered = names }
        case .certificate(let fact): connections.change { $0.add(fact) }
        case .at(let instant):
            close()
            clock = instant
            isTimed = true
        case .took(let duration):
            if draft == nil { nextTiming.wait = duration } else { draft?.exchange.timing.wait = duration }
        case .exchange(let seq, let connection, let stream, let started):
            close()
            clock = started
            isTimed = true
            nextExchange = (seq, connection)
            nextStream = stream
        case .timing(let timing):
            if draft == nil { nextTiming = timing } else { draft?.exchange.timing = timing }
        case .stream(let stream): nextStream = stream
        case .octets(let count): draft?.octets = count
        case .digest(let sha256): draft?.sha256 = sha256
        case .captured:
            connections.change { $0.source = .capture }
        case .packets(.client, let counts): nextPackets.client = counts
        case .packets(.server, let counts): nextPackets.server = counts
        case .anomaly(let side, let code, let detail): anomaly(side, code, detail, number)
        case .failed(let error): try failed(error, number)
        case .connectionFailed(let authority, let error): try connectionFailed(authority, error, number)
        case .unreachable(let host, let port, let error):
            try connectionFailed("\(host):\(port ?? 443)", error, number)
        case .closed(let closer, let error): closed(closer, error, number)
        case .chatter:
            if let now, let answered = draft?.answered {
                draft?.exchange.timing.receive = now.microseconds(since: answered)
            }
        }
    }

    private mutating func failed(_ error: ExchangeError, _ number: Int) throws(TranscriptError) {
        if draft != nil {
            draft?.exchange.error = error
        } else if let unused = connections.unused {
            write(failure: error, unused.connection, number)
        } else {
            throw TranscriptError(line: number, detail: "nothing stands before this that could have failed")
        }
    }

    private mutating func connectionFailed(
        _ authority: String, _ error: ExchangeError, _ number: Int
    ) throws(TranscriptError) {
        close()
        guard let (host, port) = TranscriptConnections.split(authority) else {
            throw TranscriptError(line: number, detail: "'\(authority)' is no HOST:PORT")
        }
        if connections.unused.map({ $0.host != host || $0.port != port }) ?? true {
            connections.open(host: host, address: nil, port: port, number: nil, at: clock)
        }
        if let unused = connections.unused { write(failure: error, unused.connection, number) }
    }

    private mutating func write(failure: ExchangeError, _ connection: Connection, _ number: Int) {
        connections.change { $0.failure = failure }
        if let record = connections.record(of: connection.id) { append(record, line: number) }
        advance(to: clock)
    }

    private mutating func closed(_ closer: ConnectionEnd.Closer, _ error: ExchangeError?, _ number: Int) {
        let id = draft?.connection ?? connections.current
        close()
        guard let id else { return }
        if let record = connections.record(of: id) { append(record, line: number) }
        append(
            .connectionEnd(
                ConnectionEnd(
                    id: id, ended: clock, closedBy: closer, clientBytes: 0, serverBytes: 0, error: error,
                    packets: nextPackets == PacketCounts() ? nil : nextPackets)),
            line: number)
        nextPackets = PacketCounts()
    }

    private mutating func anomaly(_ side: Side, _ code: String, _ detail: String, _ number: Int) {
        let connection = draft?.connection ?? connections.current ?? 1
        let count = entries.count { entry in
            if case .exchange(let exchange) = entry.record { exchange.connection == connection } else { false }
        }
        let anomaly = Anomaly(
            connection: connection, exchange: draft == nil ? nil : count + 1, side: side,
            seen: draft?.exchange.started ?? clock, code: code, detail: detail)
        if draft == nil { append(.anomaly(anomaly), line: number) } else { draft?.anomalies.append((anomaly, number)) }
    }
}

extension Connection {
    fileprivate mutating func add(_ fact: TranscriptNote.CertificateFact) {
        var leaf =
            certificates.first
            ?? CertificateSummary(
                subject: "", issuer: "", names: [], notBefore: Instant(microseconds: 0),
                notAfter: Instant(microseconds: .max))
        switch fact {
        case .subject(let subject): leaf.subject = subject
        case .issuer(let issuer): leaf.issuer = issuer
        case .notBefore(let instant): leaf.notBefore = instant
        case .notAfter(let instant): leaf.notAfter = instant
        case .names(let names): leaf.names = names
        }
        certificates = [leaf]
    }
}
