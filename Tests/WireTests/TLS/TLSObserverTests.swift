import TapeModel
import TestSupport
import Testing
import Wire

/// Real sessions, with and without their keys, cut, damaged and out of reach.
struct TLSObserverTests {
    static let ping = Array("ping 0ping 1ping 2".utf8)
    static let pong = (0..<3).flatMap { Array("pong \($0)".utf8) + [UInt8](repeating: 0x78, count: 20_000) }

    @Test(arguments: TLSSession.names)
    func `a session with its key log is read in full`(name: String) throws {
        let session = try TLSSession(name)
        let events = TLSSession.events(session.steps, session.secrets())
        #expect(events.plaintext(.client) == Self.ping)
        #expect(events.plaintext(.server) == Self.pong)
        #expect(events.oddities == [])
        #expect(events.undecrypted == [])
        #expect(events.alerts == ["close_notify", "close_notify"])
        #expect(events.count { if case .handshakeFinished = $0 { true } else { false } } == 1)
        #expect(events.count { if case .clientHello = $0 { true } else { false } } == 1)
        #expect(events.count { if case .serverHello = $0 { true } else { false } } == 1)
        // Who refuses early data begins anew, with its certificate.
        #expect(events.certificates.count == (name.hasSuffix("-resumed") && !name.contains("refused") ? 0 : 1))
        #expect(events.contains(.applicationProtocol("http/1.1")) == name.hasPrefix("tls13"))
    }

    @Test(arguments: ["tls12-renegotiation", "tls12-renegotiation-resumed"])
    func `a second handshake is told, and reading goes on behind it`(name: String) throws {
        let session = try TLSSession(name)
        let events = TLSSession.events(session.steps, session.secrets())
        #expect(events.plaintext(.client) == Self.ping && events.plaintext(.server) == Self.pong)
        #expect(events.oddities == ["tls-renegotiation"])
        #expect(events.undecrypted == [] && events.alerts == ["close_notify", "close_notify"])
        #expect(events.count { if case .clientHello = $0 { true } else { false } } == 1)
        // Without the secrets of the second what it protects stays closed, and says so.
        var lines = session.keyLog.split(separator: 0x0A)
        lines.removeLast()
        var secrets = KeyLogSecrets(isComplete: true)
        let first = Array(lines.joined(separator: [0x0A])) + [0x0A]
        secrets.append(first.span)
        let half = TLSSession.events(session.steps, secrets)
        #expect(half.plaintext(.client) == Array("ping 0".utf8))
        #expect(half.undecrypted.count == 2 && half.undecrypted.allSatisfy { $0.contains("SSLKEYLOGFILE") })
    }

    @Test(arguments: [("tls10", "TLSv1.0"), ("tls11", "TLSv1.1"), ("tls10-resumed", "TLSv1.0")])
    func `a version that is too old to be read is told with all that it says in the clear`(
        name: String, version: String
    ) throws {
        let session = try TLSSession(name)
        let events = TLSSession.events(session.steps, session.secrets())
        #expect(events.plaintext(.client) == [] && events.plaintext(.server) == [])
        #expect(events.undecrypted.count == 2 && events.undecrypted.allSatisfy { $0.contains("\(version) is older") })
        #expect(events.oddities == [])
        #expect(events.certificates.count == (name.hasSuffix("-resumed") ? 0 : 1))
        #expect(events.count { if case .handshakeFinished = $0 { true } else { false } } == 1)
        #expect(events.contains { if case .serverHello(let hello, _) = $0 { hello.version == version } else { false } })
        #expect(
            events.contains {
                if case .clientHello(let hello, _) = $0 { hello.sni == "registry.regtape.test" } else { false }
            })
    }

    @Test(arguments: TLSSession.names)
    func `segments of any length give the same events`(name: String) throws {
        let session = try TLSSession(name)
        let whole = TLSSession.events(session.steps, session.secrets())
        var generator = SeededGenerator(seed: 5)
        for longest in [7, 1000] {
            let cut = session.steps.flatMap { step in
                step.octets.split(upTo: longest, using: &generator).map { (side: step.side, octets: Array($0)) }
            }
            #expect(TLSSession.events(cut, session.secrets()) == whole)
        }
    }

    @Test(arguments: ["tls13", "tls12-ecdhe-aes256-gcm"])
    func `a key log that comes after the packets is enough`(name: String) throws {
        let session = try TLSSession(name)
        var observer = TLSObserver()
        var secrets = KeyLogSecrets()
        var events: [TLSEvent] = []
        let at = Instant(microseconds: 1)
        for step in session.steps {
            observer.receive(step.side, step.octets.span, at: at, secrets: secrets, into: &events)
        }
        #expect(events.plaintext(.server) == [])
        secrets.append(session.keyLog.span)
        observer.retry(secrets: secrets, into: &events)
        #expect(events == TLSSession.events(session.steps, session.secrets()))
    }

    @Test(arguments: TLSSession.names)
    func `without a key log it says how to get one`(name: String) throws {
        let session = try TLSSession(name)
        for isComplete in [true, false] {
            let events = TLSSession.events(session.steps, KeyLogSecrets(isComplete: isComplete))
            #expect(events.plaintext(.client) == [] && events.plaintext(.server) == [])
            #expect(events.undecrypted.count == 2)
            #expect(events.undecrypted.allSatisfy { $0.contains("SSLKEYLOGFILE") })
            #expect(events.count { if case .handshakeFinished = $0 { true } else { false } } == 1)
        }
    }

    @Test(arguments: TLSSession.names)
    func `a wrong secret is found out`(name: String) throws {
        let session = try TLSSession(name)
        var wrong = session.keyLog
        // The last digit of every secret.
        for index in wrong.indices.dropLast() where wrong[index + 1] == 0x0A {
            wrong[index] = wrong[index] == 0x30 ? 0x31 : 0x30
        }
        var secrets = KeyLogSecrets(isComplete: true)
        secrets.append(wrong.span)
        let events = TLSSession.events(session.steps, secrets)
        #expect(events.plaintext(.client) == [] && events.plaintext(.server) == [])
        #expect(events.oddities == ["tls-record-not-authentic", "tls-record-not-authentic"])
        #expect(events.undecrypted.count == 2)
    }

    @Test(arguments: TLSSession.names)
    func `a session that is cut short tells a beginning of what it told`(name: String) throws {
        let session = try TLSSession(name)
        for step in session.steps.indices {
            for count in Set([0, 1, 4, 5, 6, 100, session.steps[step].octets.count - 1]) {
                let last = (side: session.steps[step].side, octets: Array(session.steps[step].octets.prefix(count)))
                let events = TLSSession.events(session.steps[..<step] + [last], session.secrets())
                #expect(Self.ping.starts(with: events.plaintext(.client)))
                #expect(Self.pong.starts(with: events.plaintext(.server)))
            }
        }
    }

    @Test(arguments: TLSSession.names)
    func `damage never makes content that was not sent`(name: String) throws {
        let session = try TLSSession(name)
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<40 {
            var steps = session.steps
            for _ in 0..<3 {
                let step = Int.random(in: steps.indices, using: &generator)
                let index = Int.random(in: steps[step].octets.indices, using: &generator)
                steps[step].octets[index] ^= UInt8.random(in: 1...255, using: &generator)
            }
            let events = TLSSession.events(steps, session.secrets())
            #expect(Self.pong.starts(with: events.plaintext(.server)))
        }
    }

    @Test(arguments: ["tls13", "tls12-ecdhe-aes256-gcm", "tls12-ecdhe-aes128-sha", "tls12-ecdhe-chacha20"])
    func `reading goes on behind packets that are missing`(name: String) throws {
        let session = try TLSSession(name)
        let secrets = session.secrets()
        let at = Instant(microseconds: 1)
        // The server's second answer, of two records, from the middle of its first record on.
        let answers = session.steps.indices.filter { session.steps[$0].octets.count > 20_000 }
        try #require(answers.count == 3)
        for lost in [100, 11_500, 12_000, session.steps[answers[1]].octets.count - 5_000] {
            var observer = TLSObserver()
            var events: [TLSEvent] = []
            for (index, step) in session.steps.enumerated() {
                guard index == answers[1] else {
                    observer.receive(step.side, step.octets.span, at: at, secrets: secrets, into: &events)
                    continue
                }
                let (before, after) = (Array(step.octets.prefix(5_000)), Array(step.octets.dropFirst(5_000 + lost)))
                observer.receive(.server, before.span, at: at, secrets: secrets, into: &events)
                observer.gap(.server, octets: Int64(lost), at: at, secrets: secrets, into: &events)
                observer.receive(.server, after.span, at: at, secrets: secrets, into: &events)
            }
            observer.finish(at: at, secrets: secrets, into: &events)
            #expect(events.oddities == ["tls-records-lost"])
            #expect(events.undecrypted == [])
            #expect(events.plaintext(.client) == Self.ping)
            let expected = Self.pong.count - (lost < 11_000 ? 16_384 : 20_006)
            #expect(events.plaintext(.server).count == expected, "\(lost) lost")
            #expect(events.plaintext(.server).suffix(20_006) == Self.pong.suffix(20_006))
        }
    }

    @Test
    func `a loss that hides a change of keys is told`() throws {
        let session = try TLSSession("tls13")
        let secrets = session.secrets()
        var observer = TLSObserver()
        var events: [TLSEvent] = []
        let at = Instant(microseconds: 1)
        for step in session.steps where step.side == .client || events.isEmpty == false {
            if step.side == .server, events.count == 1 {
                observer.gap(.server, octets: 10, at: at, secrets: secrets, into: &events)
            }
            observer.receive(step.side, step.octets.span, at: at, secrets: secrets, into: &events)
        }
        observer.finish(at: at, secrets: secrets, into: &events)
        #expect(events.undecrypted.first?.contains("Packets are missing") == true)
        #expect(events.plaintext(.server) == [])
    }

    @Test
    func `a certificate is told in the words of the proxy`() throws {
        let session = try TLSSession("tls13")
        let chain = TLSSession.events(session.steps, session.secrets()).certificates
        let der = try #require(chain.first)
        let summary = try #require(CertificateReader.summary(der))
        #expect(summary.subject == #"CN=registry.regtape.test,O=Regtape\, Inc.,C=XX"#)
        #expect(summary.issuer == summary.subject)
        #expect(summary.names == ["registry.regtape.test", "127.0.0.1", "0:0:0:0:0:0:0:1"])
        #expect(summary.notAfter.microseconds - summary.notBefore.microseconds == 36_500 * 86_400_000_000)
        for count in der.indices { #expect(CertificateReader.summary(Array(der.prefix(count))) == nil) }
        var generator = SeededGenerator(seed: 3)
        for index in der.indices {
            var damaged = der
            damaged[index] = UInt8.random(in: 0...255, using: &generator)
            _ = CertificateReader.summary(damaged)
        }
    }

    @Test
    func `a key log is read in pieces, and what is no secret is skipped`() {
        let random = String(repeating: "0a", count: 32)
        let secret = String(repeating: "Fb", count: 48)
        let log = Array(
            "# comment\nEXPORTER_SECRET \(random) \(secret)\n\nCLIENT_RANDOM \(random) \(secret)\nCLIENT_RANDOM x".utf8)
        var secrets = KeyLogSecrets()
        for octet in log { secrets.append([octet].span) }
        #expect(secrets.generation == 1)
        let key = [UInt8](repeating: 0x0A, count: 32)
        #expect(secrets.secret(.clientRandom, clientRandom: key) == [UInt8](repeating: 0xFB, count: 48))
        #expect(secrets.secret(.clientEarly, clientRandom: key) == nil)
        secrets.append(log.span)
        #expect(secrets.generation == 1)
    }
}
