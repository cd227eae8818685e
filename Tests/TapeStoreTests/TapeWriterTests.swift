import Glibc
import TapeModel
import TapeStore
import Testing

@Test func `an exchange comes back as it was told, redacted and timed`() throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    var told: [Exchange] = []
    tape.onExchange = { told.append($0) }
    tape.open(1)
    tape.exchange(1, 1, body: Array("{\"a\":\u{22}\u{e4}\u{22}}".utf8))
    tape.exchange(1, 2)
    tape.close(1)
    tape.finish(reason: "stopped", at: second(10))
    let found = try exchanges(scratch.tape)
    #expect(found == told)
    #expect(found.map(\.seq) == [3, 4])
    #expect(found.first?.request.head.fields == [FieldLine("Authorization", "Bearer ***")])
    #expect(found.first?.response?.body.text == "{\"a\":\u{22}\u{e4}\u{22}}")
    #expect(found.first?.response?.body.stored == .inline)
    #expect(found.first?.request.body == .empty)
    #expect(found.map(\.timing.tls) == [3, 0])
    #expect(
        found.first.map { [$0.timing.send, $0.timing.wait, $0.timing.receive] } == [1_000_000, 1_000_000, 2_000_000])
    let kinds = try read(scratch.tape).entries.map { $0.record?.kind ?? "damaged" }
    #expect(kinds == ["tape", "connection", "exchange", "exchange", "connection-end", "end"])
    let verification = try TapeVerifier.verify(directory: scratch.tape)
    #expect(verification.isGood && verification.isEnded && !verification.isTailCut)
    #expect(entries(scratch.tape) == ["bodies", "tape.jsonl"])
}

@Test(arguments: [1, 1000, 300_000])
func `a large body goes into one file under its digest, however it arrives`(piece: Int) throws {
    let scratch = Scratch()
    let body = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let small = Array(body.prefix(20_000))
    let sent = piece == 1 ? small : body
    let tape = try writer(scratch.tape)
    tape.open(1)
    tape.exchange(1, 1, body: sent, piece: piece)
    tape.exchange(1, 2, body: sent, piece: 16_384)
    tape.finish(reason: "stopped", at: second(10))
    let bodies = try exchanges(scratch.tape).compactMap { $0.response?.body }
    #expect(bodies.count == 2 && bodies[0] == bodies[1] && bodies[0].stored == .file)
    #expect(bodies.first?.length == Int64(sent.count))
    #expect(entries(scratch.tape + "/bodies") == ["sha256"])
    let digest = try #require(bodies.first?.sha256)
    #expect(entries(scratch.tape + "/bodies/sha256") == [digest])
    #expect(contents(scratch.tape + "/bodies/sha256/" + digest) == sent)
    #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
}

@Test func `a small body that is not UTF-8 goes into a file`() throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    tape.open(1)
    tape.exchange(1, 1, body: [0xFF, 0x00])
    tape.finish(reason: "stopped", at: second(10))
    #expect(try exchanges(scratch.tape).first?.response?.body.stored == .file)
    #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
}

@Test func `a body that may hold secrets is redacted before the disk sees it`() throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    tape.open(1, failure: ExchangeError(party: .network, code: "x", detail: "SECRET"))
    tape.exchange(1, 1, path: "/token", body: Array("token=SECRET".utf8), piece: 2)
    tape.exchange(1, 2, path: "/token", body: Array(repeating: 0x53, count: 2000))
    tape.exchange(1, 3, path: "/dropped", body: Array("SECRET".utf8))
    tape.say(
        1,
        [
            .anomalyFound(
                Anomaly(
                    connection: 1, side: .client, seen: second(3), code: "odd", detail: "SECRET",
                    raw: Array("SECRET".utf8)))
        ])
    tape.finish(reason: "stopped", at: second(10))
    let bodies = try exchanges(scratch.tape).compactMap { $0.response?.body }
    #expect(bodies.map(\.text) == ["token=***", nil, nil])
    #expect(bodies.map(\.length) == [12, 2000, 6])
    #expect(bodies.map(\.isRedacted) == [true, false, false])
    #expect(bodies.map(\.stored) == [.inline, Body.Storage.none, Body.Storage.none])
    let line = String(decoding: contents(scratch.tape + "/tape.jsonl"), as: UTF8.self)
    #expect(!line.contains("SECRET") && !line.contains(Hexadecimal.encode(Array("SECRET".utf8))))
    #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
}

@Test func `a message that breaks off is partial, and nothing heard is not empty`() throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    tape.open(1)
    tape.begin(1, 1)
    tape.say(1, [.bodyReceived(exchange: 1, .server, 0..<3)], Array("abc".utf8))
    tape.close(1)
    tape.open(2)
    tape.begin(2, 1)
    tape.finish(reason: "stopped", at: second(10))
    let found = try exchanges(scratch.tape)
    #expect(found.map { $0.response?.body.stored } == [.partial, .partial])
    #expect(found.map { $0.response?.body.text } == ["abc", nil])
    #expect(found.map { $0.error?.code } == ["connection-closed", "recording-stopped"])
}

@Test func `files are for their owner only, whatever the umask`() throws {
    let scratch = Scratch()
    let before = umask(0)
    defer { umask(before) }
    let tape = try writer(scratch.tape, isConcurrent: false)
    tape.open(1)
    tape.exchange(1, 1, body: [0xFF])
    let digest = try #require(entries(scratch.tape + "/bodies/sha256").first)
    for directory in ["", "/bodies", "/bodies/sha256"] { #expect(mode(scratch.tape + directory) == 0o700) }
    for file in ["/tape.jsonl", "/tape.jsonl.reserve", "/bodies/sha256/" + digest] {
        #expect(mode(scratch.tape + file) == 0o600)
    }
    tape.finish(reason: "stopped", at: second(10))
}

@Test func `a second writer is refused and changes nothing`() throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    let before = contents(scratch.tape + "/tape.jsonl")
    #expect(throws: TapeError.self) { try writer(scratch.tape) }
    do { _ = try writer(scratch.tape) } catch { #expect(error.code == .alreadyBeingWritten) }
    #expect(contents(scratch.tape + "/tape.jsonl") == before)
    tape.finish(reason: "stopped", at: second(10))
    _ = try writer(scratch.tape)
}

@Test func `a directory that is no tape is refused and left alone`() throws {
    let scratch = Scratch()
    mkdir(scratch.tape, 0o755)
    put([1], scratch.tape + "/holiday.jpg")
    do {
        _ = try writer(scratch.tape)
        Issue.record("it was taken")
    } catch { #expect(error.code == .notATape) }
    #expect(entries(scratch.tape) == ["holiday.jpg"])
    #expect(mode(scratch.tape) == 0o755)
    put(Array("{\"a\":1}\n".utf8), scratch.tape + "/tape.jsonl")
    do {
        _ = try writer(scratch.tape)
        Issue.record("it was taken")
    } catch { #expect(error.code == .notATape) }
    #expect(contents(scratch.tape + "/tape.jsonl") == Array("{\"a\":1}\n".utf8))
}

@Test func `a tape is taken up where it ended`() throws {
    let scratch = Scratch()
    let first = try writer(scratch.tape)
    first.open(1)
    first.finish(reason: "stopped", at: second(10))
    let second = try writer(scratch.tape)
    second.open(1)
    second.finish(reason: "stopped", at: TapeStoreTests.second(20))
    let entries = try read(scratch.tape).entries
    #expect(entries.map(\.seq) == [1, 2, 3, 4, 5, 6])
    let ids = entries.compactMap { entry -> String? in
        guard case .tape(let header)? = entry.record else { return nil }
        return header.id
    }
    #expect(ids.count == 2 && ids[0] == ids[1])
}

@Test(arguments: [("gzip", true), ("br", false), ("gzip, gzip, gzip", false), ("identity", true)])
func `a compressed answer that may hold secrets is looked through and stored without its coding`(
    coding: String, isKept: Bool
) throws {
    let scratch = Scratch()
    let tape = try writer(scratch.tape)
    // `{"t":"SECRET"}`, by Python's gzip.
    let packed = try #require(
        Hexadecimal.decode("1f8b0800000000000203ab562a51b2520a76750e720d51aa0500c81458c50e000000"))
    let sent = coding == "identity" ? Array("{\"t\":\"SECRET\"}".utf8) : packed
    tape.open(1)
    tape.begin(1, 1, path: "/token", answer: [FieldLine("Content-Encoding", coding)])
    tape.say(1, [.bodyReceived(exchange: 1, .server, 0..<sent.count)], sent)
    tape.say(1, [.messageEnded(exchange: 1, .server), .exchangeEnded(exchange: 1, nil)])
    tape.finish(reason: "stopped", at: second(10))
    let body = try #require(try exchanges(scratch.tape).first?.response?.body)
    #expect(body.text == (isKept ? "{\"t\":\"***\"}" : nil))
    #expect(body.isDecoded == (coding == "gzip"))
    #expect(body.isRedacted)
    #expect(body.length == Int64(sent.count))
    #expect(body.stored == (isKept ? .inline : Body.Storage.none))
    #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
}
