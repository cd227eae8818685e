import TapeModel
import TapeStore
import Testing

/// A small tape with every kind of record that the writer writes, and a body file.
private func smallTape(_ directory: String) throws {
    let tape = try writer(directory)
    tape.open(1)
    tape.exchange(1, 1, body: Array("hello".utf8))
    tape.exchange(1, 2, body: [0xFF, 0xFE])
    tape.close(1)
    tape.finish(reason: "stopped", at: second(10))
}

@Test func `cut at any octet, a tape reads up to its last whole line and is taken up there`() throws {
    let scratch = Scratch()
    try smallTape(scratch.tape)
    let whole = contents(scratch.tape + "/tape.jsonl")
    let reference = try read(scratch.tape).entries
    for length in 0...whole.count {
        put(Array(whole[..<length]), scratch.tape + "/tape.jsonl")
        let lines = whole[..<length].count { $0 == 0x0A }
        let found = try read(scratch.tape)
        #expect(found.entries == Array(reference.prefix(lines)))
        #expect(found.isTailCut == (length > 0 && whole[length - 1] != 0x0A))
        #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
        guard length % 37 == 0 || length < 40 else { continue }
        // Taken up, the torn end is put aside and the numbers go on.
        let tape = try writer(scratch.tape)
        tape.finish(reason: "stopped", at: second(20))
        let after = try read(scratch.tape)
        #expect(!after.isTailCut && after.entries.count == lines + 2)
        #expect(after.entries.map(\.seq) == (1...Int64(lines + 2)).map { $0 })
        let torn = whole[..<length].suffix(from: whole[..<length].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
        #expect(contents(scratch.tape + "/tape.jsonl.tail") == Array(torn))
        put([], scratch.tape + "/tape.jsonl.tail")
    }
}

@Test func `any flipped bit is found, and the lines around it are read`() throws {
    let scratch = Scratch()
    try smallTape(scratch.tape)
    let whole = contents(scratch.tape + "/tape.jsonl")
    let lines = whole.count { $0 == 0x0A }
    for index in whole.indices.dropLast() {
        var flipped = whole
        flipped[index] ^= 1 << UInt8(index % 8)
        put(flipped, scratch.tape + "/tape.jsonl")
        let verification = try TapeVerifier.verify(directory: scratch.tape)
        #expect(!verification.isGood, "octet \(index)")
        #expect(verification.records >= lines - 2)
    }
}

@Test func `a rotten or missing body file is named`() throws {
    let scratch = Scratch()
    try smallTape(scratch.tape)
    let digests = scratch.tape + "/bodies/sha256"
    let digest = try #require(entries(digests).first)
    put([0xFF, 0xFF], digests + "/" + digest)
    #expect(try TapeVerifier.verify(directory: scratch.tape).problems.map(\.code) == [.wrongBody])
    try LocalFiles().remove(digests + "/" + digest)
    #expect(try TapeVerifier.verify(directory: scratch.tape).problems.map(\.code) == [.missingBody])
}

@Test func `an edited line still loads, is named, and can be sealed with its unknown members`() throws {
    let scratch = Scratch()
    try smallTape(scratch.tape)
    let path = scratch.tape + "/tape.jsonl"
    var text = String(decoding: contents(path), as: UTF8.self)
    let place = try #require(text.firstRange(of: "\"client\":\"127.0.0.1:5\""))
    text.replaceSubrange(place, with: "\"mine\":{\"x\":1e9},\"client\":\"edited\"")
    put(Array(text.utf8), path)
    #expect(try TapeVerifier.verify(directory: scratch.tape).problems.map(\.code) == [.wrongSum])
    #expect(try TapeSeal.seal(directory: scratch.tape) == 1)
    #expect(try TapeVerifier.verify(directory: scratch.tape).isGood)
    #expect(String(decoding: contents(path), as: UTF8.self).contains("\"mine\":{\"x\":1e9},\"client\":\"edited\""))
    #expect(mode(path) == 0o600)
}

@Test func `a digest from a stranger names no other file`() throws {
    let scratch = Scratch()
    try smallTape(scratch.tape)
    let reader = try TapeReader(directory: scratch.tape)
    let hex = String(repeating: "a", count: 64)
    #expect(reader.bodyPath(forSHA256: hex) == scratch.tape + "/bodies/sha256/" + hex)
    for wrong in ["", "../../etc/passwd", hex + "a", hex.uppercased(), String(repeating: "/", count: 64)] {
        #expect(reader.bodyPath(forSHA256: wrong) == nil)
    }
}
