import TapeModel

/// Handshake messages, in the clear or decrypted.
extension TLSObserver {
    /// Chains of certificates have some 10 KiB; what is longer than this is no honest message.
    private static let longestMessage = 256 * 1024

    mutating func takeHandshake(
        _ side: Side, _ content: [UInt8], at: Instant, _ events: inout [TLSEvent]
    ) {
        self[side].messages += content
        var start = 0
        while !self[side].isOpaque {
            let octets = self[side].messages[start...]
            var cursor = OctetCursor(octets)
            guard let type = cursor.integer(octets: 1), let length = cursor.integer(octets: 3) else { break }
            guard length <= Self.longestMessage else {
                events.append(
                    .oddity(
                        side, code: "tls-message-too-long", detail: "A handshake message of \(length) octets.", at: at))
                makeOpaque(
                    side, "A handshake message is too long to be one, and nothing behind it can be read.", &events)
                return
            }
            guard let body = cursor.take(length) else { break }
            start += 4 + length
            takeMessage(side, type, Array(body), at: at, &events)
        }
        guard !self[side].isOpaque else { return }
        self[side].messages.removeFirst(start)
    }

    private mutating func takeMessage(
        _ side: Side, _ type: Int, _ body: [UInt8], at: Instant, _ events: inout [TLSEvent]
    ) {
        switch (side, type) {
        case (.client, 1): takeClientHello(body, at: at, &events)
        case (.server, 2): takeServerHello(body, at: at, &events)
        case (.client, 5):
            // EndOfEarlyData (RFC 8446 §4.5).
            self[side].reading = .keyed(.handshake)
        case (.server, 8): takeEncryptedExtensions(body, &events)
        case (.server, 11):
            if let chain = certificates(body), !chain.isEmpty { events.append(.certificates(chain)) }
        case (_, 20):
            self[side].isFinished = true
            if is13 { self[side].reading = .keyed(.traffic) }
            if client.isFinished, server.isFinished { tellFinished(at, &events) }
        case (_, 24):
            if case .protected(let protection, .traffic) = self[side].reading {
                self[side].reading = .protected(protection.updated(), .traffic)
            }
        default: return
        }
    }

    private mutating func takeClientHello(_ body: [UInt8], at: Instant, _ events: inout [TLSEvent]) {
        guard let hello = ClientHello(body), let facts = HelloFacts(client: body) else {
            return malformed(.client, at: at, &events)
        }
        if toldFinished {
            events.append(
                .oddity(.client, code: "tls-renegotiation", detail: "The client began a second handshake.", at: at))
        }
        clientHello = facts
        guard !toldClientHello else { return }
        toldClientHello = true
        events.append(.clientHello(hello, at: at))
    }

    private mutating func takeServerHello(_ body: [UInt8], at: Instant, _ events: inout [TLSEvent]) {
        guard let hello = ServerHello(body), let facts = HelloFacts(server: body) else {
            return malformed(.server, at: at, &events)
        }
        // The hello that follows a retry says all of it again; what follows the retry is in the clear.
        if facts.random == HelloFacts.retryRandom { return }
        let isFirst = serverHello == nil
        serverHello = facts
        if isFirst { events.append(.serverHello(hello, at: at)) }
        guard is13 else { return }
        server.reading = .keyed(.handshake)
        if client.isClear { client.reading = .keyed(clientHello?.hasEarlyData == true ? .early : .handshake) }
    }

    private mutating func takeEncryptedExtensions(_ body: [UInt8], _ events: inout [TLSEvent]) {
        var cursor = OctetCursor(body[...])
        acceptsEarlyData = false
        guard let extensions = cursor.vector(lengthOctets: 2) else { return }
        var list = OctetCursor(extensions)
        while let type = list.integer(octets: 2), let content = list.vector(lengthOctets: 2) {
            if type == 42 { acceptsEarlyData = true }
            var outer = OctetCursor(content)
            guard type == 16, let names = outer.vector(lengthOctets: 2) else { continue }
            var inner = OctetCursor(names)
            if let name = inner.vector(lengthOctets: 1).flatMap({ String(validating: $0, as: UTF8.self) }) {
                events.append(.applicationProtocol(name))
            }
        }
    }

    /// A chain, in TLS 1.3 with a context before it and extensions behind each (RFC 8446 §4.4.2).
    private func certificates(_ body: [UInt8]) -> [[UInt8]]? {
        var cursor = OctetCursor(body[...])
        if is13, cursor.vector(lengthOctets: 1) == nil { return nil }
        guard let entries = cursor.vector(lengthOctets: 3) else { return nil }
        var list = OctetCursor(entries)
        var chain: [[UInt8]] = []
        while let certificate = list.vector(lengthOctets: 3) {
            chain.append(Array(certificate))
            if is13, list.vector(lengthOctets: 2) == nil { return nil }
        }
        return chain
    }

    private mutating func malformed(_ side: Side, at: Instant, _ events: inout [TLSEvent]) {
        events.append(.oddity(side, code: "tls-hello-malformed", detail: "A hello that cannot be read.", at: at))
        makeOpaque(side, "The hello cannot be read, and without it nothing that follows.", &events)
    }
}
