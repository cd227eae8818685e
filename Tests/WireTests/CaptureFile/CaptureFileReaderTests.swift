import TapeModel
import TestSupport
import Testing
import Wire

struct CaptureFileReaderTests {
    @Test(arguments: [false, true], [false, true])
    func `pcap is read in both byte orders and both resolutions`(bigEndian: Bool, nanoseconds: Bool) {
        var writer = CaptureWriter(bigEndian: bigEndian)
        writer.pcapHeader(nanoseconds: nanoseconds, link: 0x1000_0071)
        writer.record(7, nanoseconds ? 5_999 : 5, [1, 2, 3])
        writer.record(8, 0, [4], original: 1500)
        let reading = Reading(writer.octets)
        #expect(reading.lines == ["113 7000005 [1, 2, 3] of 3", "113 8000000 [4] of 1500"])
        #expect(reading.failure == nil)
    }

    @Test(arguments: [false, true])
    func `sections, interfaces and every packet block of pcapng are read`(bigEndian: Bool) {
        let reading = Reading(Self.rich(bigEndian: bigEndian))
        #expect(reading.lines == Self.richLines)
        #expect(reading.failure == nil)
    }

    @Test(
        arguments: [
            (0x06, 0, 1_500_000, 1_500_000), (0x09, 0, 1_500_000_999, 1_500_000), (0x03, 0, 1_500, 1_500_000),
            (0x00, 10, 2, 12_000_000), (0x81, 0, 3, 1_500_000), (0x80, 0, 3, 3_000_000), (0xFF, 0, 9, 0),
            (0x7F, 0, 9, 0),
            (0x06, -2, 1_500_000, 0), (0x00, 0, .max, 253_402_300_799_999_999),
            (0x06, .max, 1, 253_402_300_799_999_999), (0x06, .min, 1, 0),
        ] as [(UInt8, Int64, Int64, Int64)])
    func `a time is what the interface's resolution and offset make of it`(
        resolution: UInt8, offset: Int64, ticks: Int64, microseconds: Int64
    ) {
        var writer = CaptureWriter()
        writer.section()
        writer.interface(options: writer.option(9, [resolution]) + writer.option(14, writer.integer(offset)))
        writer.enhanced(UInt64(ticks), [1])
        #expect(Reading(writer.octets).lines == ["1 \(microseconds) [1] of 1"])
    }

    @Test func `a capture handed in octet by octet gives the same items`() {
        let octets = Self.rich(bigEndian: false)
        let reading = Reading(octets, step: 1)
        #expect(reading.lines == Self.richLines)
        #expect(reading.failure == nil)
    }

    @Test func `a capture cut anywhere keeps what stands before the cut and says that it is cut`() {
        let octets = Self.rich(bigEndian: true)
        var whole = 0
        for length in 0..<octets.count {
            let reading = Reading(Array(octets[..<length]))
            #expect(reading.lines == Array(Self.richLines.prefix(reading.lines.count)))
            if reading.failure == nil { whole += 1 }
        }
        // Only at the ends of its blocks can nobody tell; the last end is not among the cuts.
        #expect(whole == Self.richBlocks - 1)
    }

    @Test(arguments: 0..<8)
    func `changed octets never trap and never lead out of what was handed in`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var classic = CaptureWriter()
        classic.pcapHeader()
        for index in 0..<20 { classic.record(UInt32(index), 0, Array(repeating: 1, count: index)) }
        for original in [Self.rich(bigEndian: seed % 2 == 0), classic.octets] {
            for _ in 0..<200 {
                var octets = original
                for index in octets.indices where Int.random(in: 0..<50, using: &random) == 0 {
                    octets[index] = UInt8.random(in: 0...255, using: &random)
                }
                // Reading takes the octets of each frame, which traps where the range is wrong.
                let reading = Reading(octets)
                #expect(reading.lines.count <= octets.count)
            }
        }
    }

    private static let richBlocks = 13
    private static let richLines = [
        "comment whole capture", "key log CLIENT_RANDOM", "comment first", "1 1000001 [1, 2, 3, 4, 5] of 900",
        "1 1000001 [6, 7] of 60", "dropped 3 at 1000004", "113 1000004 [8] of 1", "dropped 4 at 1000009",
        "dropped 2 at 1000012", "276 1000013 [9] of 1",
    ]

    private static func rich(bigEndian: Bool) -> [UInt8] {
        var writer = CaptureWriter(bigEndian: bigEndian)
        writer.section(options: writer.option(1, Array("whole capture".utf8)) + writer.option(0, []))
        writer.interface(snapLength: 2)
        writer.interface(link: 113, options: writer.option(9, [9]))
        let secrets = Array("CLIENT_RANDOM".utf8)
        writer.block(10, writer.integer(0x544C_534B as UInt32) + writer.integer(UInt32(secrets.count)) + secrets)
        writer.enhanced(1_000_001, [1, 2, 3, 4, 5], original: 900, options: writer.option(1, Array("first".utf8)))
        writer.block(4, [0, 0, 0, 0])
        writer.block(3, writer.integer(60 as UInt32) + [6, 7])
        let obsolete = writer.integer(1 as UInt16) + writer.integer(3 as UInt16) + writer.time(1_000_004_000)
        writer.block(2, obsolete + writer.integer(1 as UInt32) + writer.integer(1 as UInt32) + [8, 0, 0, 0])
        // Seven in all, of which three are told.
        let lost = writer.option(5, writer.integer(5 as UInt64)) + writer.option(7, writer.integer(2 as UInt64))
        writer.block(5, writer.integer(1 as UInt32) + writer.time(1_000_009_000) + lost)
        let more = writer.option(5, writer.integer(7 as UInt64)) + writer.option(7, writer.integer(2 as UInt64))
        writer.block(5, writer.integer(1 as UInt32) + writer.time(1_000_012_000) + more)
        // The second section has the other byte order, and interfaces of its own.
        writer.bigEndian.toggle()
        writer.section()
        var tail = CaptureWriter(bigEndian: writer.bigEndian)
        tail.interface(link: 276)
        tail.enhanced(1_000_013, [9])
        return writer.octets + tail.octets
    }
}
