import TapeModel

/// Records, and the keys that open them.
extension TLSObserver {
    /// Whether the side's next record can be read now; finds its keys where they are due.
    mutating func canRead(
        _ side: Side, _ header: RecordHeader, _ secrets: KeyLogSecrets, _ events: inout [TLSEvent]
    ) -> Bool {
        switch self[side].reading {
        case .opaque, .protected: return true
        case .clear:
            // Early data or a capture that began too late: only the server's hello tells the suite.
            guard header.type == 23 else { return true }
            guard serverHello != nil else { return false }
            self[side].reading = .keyed(is13 ? .handshake : .session)
            return canRead(side, header, secrets, &events)
        case .keyed(let epoch):
            // A change of cipher is sent in the clear for the sake of middleboxes (RFC 8446 §D.4), and so is an alert of
            // a client that could not make keys.
            if is13, header.type != 23 { return true }
            return findKeys(side, epoch, secrets, &events)
        }
    }

    private mutating func findKeys(
        _ side: Side, _ epoch: Epoch, _ secrets: KeyLogSecrets, _ events: inout [TLSEvent]
    ) -> Bool {
        guard let clientHello, let serverHello else { return false }
        guard [0x0303, 0x0304].contains(serverHello.version) else {
            let name = ProtocolVersionName.name(serverHello.version)
            makeOpaque(side, "It was not decrypted, because \(name) is older than what can be decrypted.", &events)
            return true
        }
        guard let suite = CipherSuite(serverHello.suite) else {
            let name = CipherSuiteName.name(serverHello.suite)
            makeOpaque(side, "It was not decrypted, because \(name) is none of the suites that can be.", &events)
            return true
        }
        // Whether early data counts is known from the server's encrypted extensions.
        if case .early = epoch, acceptsEarlyData == nil, !server.isOpaque { return false }
        var epoch = epoch
        if case .early = epoch, acceptsEarlyData != true { epoch = .handshake }
        guard let secret = secrets.secret(label(side, epoch), clientRandom: clientHello.random) else {
            if case .early = epoch {
                self[side].reading = .keyed(.handshake)
                return findKeys(side, .handshake, secrets, &events)
            }
            guard secrets.isComplete else { return false }
            makeOpaque(side, missingReason, &events)
            return true
        }
        let protection =
            is13
            ? RecordProtection(suite, trafficSecret: secret)
            : RecordProtection(
                suite, master: secret, clientRandom: clientHello.random, serverRandom: serverHello.random,
                isClient: side == .client,
                encryptsThenMACs: clientHello.encryptsThenMACs && serverHello.encryptsThenMACs)
        self[side].reading = .protected(protection, epoch)
        return true
    }

    private func label(_ side: Side, _ epoch: Epoch) -> KeyLogSecrets.Label {
        switch epoch {
        case .session: .clientRandom
        case .early: .clientEarly
        case .handshake: side == .client ? .clientHandshake : .serverHandshake
        case .traffic: side == .client ? .clientTraffic : .serverTraffic
        }
    }

    var is13: Bool { serverHello?.version == 0x0304 }

    /// Reads the record at the head of a side's stream, which is whole and for which keys are there.
    mutating func read(_ side: Side, _ header: RecordHeader, at: Instant, _ events: inout [TLSEvent]) {
        switch self[side].reading {
        case .opaque:
            // The client's first protected record ends the handshake of TLS 1.3; before it, application data does.
            if header.type == 23, !is13 || side == .client { tellFinished(at, &events) }
            self[side].stream.skip(5 + header.length)
        case .clear, .keyed:
            let content = Array(self[side].stream.body(header))
            self[side].stream.skip(5 + header.length)
            take(side, header.type, content, at: at, &events)
        case .protected(var protection, let epoch):
            if is13, header.type != 23 {
                let content = Array(self[side].stream.body(header))
                self[side].stream.skip(5 + header.length)
                if header.type != 20 { take(side, header.type, content, at: at, &events) }
                return
            }
            let opened = protection.open(header, self[side].stream.body(header))
            self[side].stream.skip(5 + header.length)
            self[side].records += 1
            guard let opened else { return refused(side, epoch, at: at, &events) }
            self[side].reading = .protected(protection, epoch)
            take(side, opened.type, opened.content, at: at, &events)
        }
    }

    /// A record did not authenticate.
    private mutating func refused(_ side: Side, _ epoch: Epoch, at: Instant, _ events: inout [TLSEvent]) {
        // Early data that the server refused, or whose secret is not in the log, stands before the first record that
        // the handshake keys open (RFC 8446 §4.2.10).
        if side == .client, case .handshake = epoch, clientHello?.hasEarlyData == true, !client.isFinished,
            client.passedOver < Self.mostEarlyRecords
        {
            client.passedOver += 1
            return
        }
        tellNotAuthentic(side, at: at, &events)
    }

    /// Servers allow 16 KiB of early data, and some 64; in records of a hundred octets these are as many.
    private static let mostEarlyRecords = 1_024

    mutating func tellNotAuthentic(_ side: Side, at: Instant, _ events: inout [TLSEvent]) {
        events.append(
            .oddity(
                side, code: "tls-record-not-authentic",
                detail: "Record \(self[side].records) under its keys does not authenticate.", at: at))
        makeOpaque(
            side,
            "A record does not authenticate with the secrets of the key log, so that it and what follows was not "
                + "decrypted.", &events)
    }

    private mutating func take(
        _ side: Side, _ type: UInt8, _ content: [UInt8], at: Instant, _ events: inout [TLSEvent]
    ) {
        switch type {
        case 20:
            // In TLS 1.2 this side's keys change here; in 1.3 it means nothing.
            if serverHello != nil, !is13 { self[side].reading = .keyed(.session) }
        case 21:
            guard let alert = TLSAlert(content) else {
                return events.append(
                    .oddity(side, code: "tls-alert-malformed", detail: "An alert that has not two octets.", at: at))
            }
            events.append(.alert(side, alert, at: at))
        case 22: takeHandshake(side, content, at: at, &events)
        case 23: if !content.isEmpty { events.append(.plaintext(side, content, at: at)) }
        default: return
        }
    }

    mutating func tellFinished(_ at: Instant, _ events: inout [TLSEvent]) {
        guard !toldFinished else { return }
        toldFinished = true
        events.append(.handshakeFinished(at: at))
        for side in Side.allCases where self[side].isOpaque { self[side].stream.removeAll() }
    }
}
