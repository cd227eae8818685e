import TapeStore
import TestSupport
import Testing

/// Packed files that are larger than memory should be, and files that are not what they say.
struct InflatedStreamTests {
    private static let text = (0..<60_000).map { "line \($0)\n" }.joined()

    @Test(arguments: [InflatedStream.Coding.gzip, .zstd], [1, 7, 1 << 18])
    func `what was packed comes out, however it is cut`(coding: InflatedStream.Coding, piece: Int) async throws {
        let packed = try await Packed.octets(Self.text, coding)
        #expect(InflatedStream.Coding(beginning: packed) == coding)
        // One octet at a time is enough for the first thousand; all of it would take the test's time and show no more.
        #expect(try Reading.text(coding, packed, piece: piece, slowly: 1_000) == Self.text)
    }

    @Test(arguments: [InflatedStream.Coding.gzip, .zstd])
    func `members behind one another are one content`(coding: InflatedStream.Coding) async throws {
        let parts = try await [Self.text, "", "between", Self.text].asyncMap { try await Packed.octets($0, coding) }
        let whole = Self.text + "between" + Self.text
        #expect(try Reading.text(coding, parts.flatMap(\.self)) == whole)
    }

    @Test func `zeros behind the last gzip member are padding, and anything else is damage`() async throws {
        let packed = try await Packed.octets(Self.text, .gzip)
        #expect(try Reading.text(.gzip, packed + [UInt8](repeating: 0, count: 600_000)) == Self.text)
        let reading = Reading(.gzip, packed + [UInt8](repeating: 0, count: 600_000) + [1])
        #expect(reading.failure == .damaged && reading.text == Self.text)
        // The header of a second member, which libarchive takes for something that is not its own.
        var second = packed
        second[2] = 9
        for piece in [1 << 18, 100] {
            let broken = Reading(.gzip, packed + second, piece: piece)
            #expect(broken.failure == .damaged && broken.text == Self.text)
            let litter = Reading(.gzip, packed + [1, 2, 3], piece: piece)
            #expect(litter.failure == .damaged && litter.text == Self.text)
        }
    }

    @Test(arguments: [(InflatedStream.Coding.gzip, 1 << 16), (.zstd, 1 << 17)])
    func `of what is cut off all but the last block comes out`(coding: InflatedStream.Coding, block: Int) async throws {
        let packed = try await Packed.octets(Self.text, coding)
        for length in stride(from: 1, to: packed.count, by: packed.count / 40) {
            let reading = Reading(coding, Array(packed.prefix(length)))
            #expect(reading.failure == .damaged, "\(length)")
            #expect(Self.text.hasPrefix(reading.text), "\(length)")
        }
        let nearlyAll = Reading(coding, packed.dropLast())
        #expect(nearlyAll.failure == .damaged && nearlyAll.text.utf8.count > Self.text.utf8.count - block)
    }

    @Test func `a changed octet that gzip can be unpacked with is damage all the same`() async throws {
        // Letters at random are hardly compressed; and those that are not at all are changed without any other trace.
        var random = SeededGenerator(seed: 4)
        let text = String(decoding: (0..<300_000).map { _ in UInt8.random(in: 0...127, using: &random) }, as: UTF8.self)
        let packed = try await Packed.octets(text, .gzip)
        #expect(try Reading.text(.gzip, packed, piece: 999) == text)
        // The sum itself, which nothing but itself is at fault of.
        for place in [packed.count - 8, packed.count - 5] {
            var changed = packed
            changed[place] ^= 1
            for padding in [0, 5] {
                let reading = Reading(.gzip, changed + [UInt8](repeating: 0, count: padding), piece: 999)
                #expect(reading.failure == .damaged && reading.text == text, "\(place)")
            }
        }
        let unnoticed = stride(from: 1_000, to: packed.count - 8, by: 9_973).filter { place in
            var changed = packed
            changed[place] ^= 0x10
            return Reading(.gzip, changed).failure == nil
        }
        #expect(unnoticed == [])
    }

    @Test func `a source that fails is told as itself`() throws {
        let stream = try InflatedStream(.gzip) { _ in throw Reading.Trouble() }
        var octets: [UInt8] = []
        #expect(throws: Reading.Trouble.self) { try stream.read(into: &octets) }
        #expect(throws: Reading.Trouble.self) { try stream.read(into: &octets) }
    }

    @Test func `a form is told by its first octets`() {
        #expect(InflatedStream.Coding(beginning: [0x50, 0x2A, 0x4D, 0x18]) == .zstd)
        #expect(InflatedStream.Coding(beginning: [0x1F]) == nil)
        #expect(InflatedStream.Coding(beginning: [0xD4, 0xC3, 0xB2, 0xA1]) == nil)
        #expect(InflatedStream.Coding(beginning: []) == nil)
    }
}

/// A text in either form.
private enum Packed {
    static func octets(_ text: String, _ coding: InflatedStream.Coding) async throws -> [UInt8] {
        switch coding {
        case .gzip:
            let directory = try TemporaryDirectory()
            let file = try directory.file("text", text)
            return try await ChildProcess.run(try Program("gzip").required(), ["-nc", file]).output
        case .zstd:
            // A frame with a window of 128 KiB, of blocks that are what they hold (RFC 8878 §3.1.1).
            var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]
            let octets = Array(text.utf8)
            var start = 0
            repeat {
                let piece = octets[start..<min(octets.count, start + 100_000)]
                start += piece.count
                let header = piece.count << 3 | (start == octets.count ? 1 : 0)
                frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16)] + piece
            } while start < octets.count
            return frame
        }
    }
}

/// All that comes out of a packed file.
private struct Reading {
    struct Trouble: Error {}

    private(set) var text = ""
    private(set) var failure: InflatedStream.Failure?

    /// The source gives `piece` octets at a time, after `slowly` many as many as are asked for.
    init(_ coding: InflatedStream.Coding, _ packed: [UInt8], piece: Int = 1 << 18, slowly: Int = .max) {
        var rest = packed[...]
        var octets: [UInt8] = []
        do {
            let stream = try InflatedStream(coding) { buffer in
                let longest = packed.count - rest.count < slowly ? piece : buffer.count
                let next = rest.prefix(min(buffer.count, longest))
                buffer.copyBytes(from: next)
                rest = rest.dropFirst(next.count)
                return next.count
            }
            while try stream.read(into: &octets) {}
        } catch {
            failure = error as? InflatedStream.Failure
        }
        text = String(decoding: octets, as: UTF8.self)
    }

    static func text(
        _ coding: InflatedStream.Coding, _ packed: [UInt8], piece: Int = 1 << 18, slowly: Int = .max
    ) throws -> String {
        let reading = Reading(coding, packed, piece: piece, slowly: slowly)
        if let failure = reading.failure { throw failure }
        return reading.text
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncMap<Value>(_ change: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await change(element)) }
        return values
    }
}
