import Testing
import Wire

/// Files that lie: one sentence with the place, and all that stands before it.
struct CaptureFileBoundsTests {
    @Test(
        arguments: [
            ([0x1F, 0x8B, 8, 0], "the file is compressed with gzip"),
            ([0x28, 0xB5, 0x2F, 0xFD], "the file is compressed with zstd"),
            ([0x34, 0xCD, 0xB2, 0xA1], "the file is a capture in Kuznetzov's modified pcap form, which is not read"),
            ([1, 2, 3, 4], "the file is neither pcap nor pcapng"),
            ([], "the file is empty"),
            ([0x0A], "the file is too short for a capture"),
        ] as [([UInt8], String)])
    func `what is no capture is refused by name`(octets: [UInt8], sentence: String) {
        #expect(Reading(octets).failure == "\(sentence) (at octet 0 of the capture)")
    }

    @Test func `a frame longer than any snap length ends a pcap file`() {
        var writer = CaptureWriter()
        writer.pcapHeader(snapLength: 96)
        writer.record(1, 0, [1])
        writer.record(2, 0, [2], kept: 262_145)
        let reading = Reading(writer.octets)
        #expect(reading.lines == ["1 1000000 [1] of 1"])
        #expect(
            reading.failure
                == "a frame claims 262145 octets where 262144 are allowed (at octet 41 of the capture)")
    }

    @Test(arguments: Lie.allCases)
    func `a block that lies ends a pcapng file`(lie: Lie) {
        var writer = CaptureWriter()
        writer.section()
        writer.interface()
        writer.enhanced(1, [1])
        switch lie {
        case .interface: writer.enhanced(2, [2], interface: 7)
        case .captured: writer.enhanced(2, [2], kept: 5)
        case .trailer: writer.block(6, [], trailer: 16)
        case .huge: writer.octets += writer.integer(6 as UInt32) + writer.integer(0x0100_0004 as UInt32)
        case .odd: writer.octets += writer.integer(6 as UInt32) + writer.integer(13 as UInt32)
        case .short: writer.octets += writer.integer(6 as UInt32) + writer.integer(8 as UInt32)
        case .byteOrder: writer.block(0x0A0D_0D0A, [1, 2, 3, 4])
        case .secrets: writer.block(10, writer.integer(0x544C_534B as UInt32) + writer.integer(1 as UInt32))
        }
        let reading = Reading(writer.octets)
        #expect(reading.lines == ["1 1 [1] of 1"])
        #expect(reading.failure == "\(lie.rawValue) (at octet 84 of the capture)")
    }

    @Test func `a file of nothing but interfaces is bounded`() {
        var writer = CaptureWriter()
        writer.section()
        for _ in 0...4096 { writer.interface() }
        #expect(Reading(writer.octets).failure?.hasPrefix("a section describes more than 4096 interfaces") == true)
    }

    @Test func `a failure is thrown again`() {
        var reader = CaptureFileReader()
        let octets: [UInt8] = [1, 2, 3, 4]
        for _ in 0..<2 {
            #expect(throws: CaptureFileFailure.self) { _ = try reader.receive(octets.span) { _ in } }
        }
    }

    enum Lie: String, CaseIterable {
        case interface = "interface 7 is used and 1 are described"
        case captured = "a packet claims 5 octets in a block with room for 4"
        case trailer = "a block's two lengths disagree"
        case huge = "a block claims a length of 16777220 octets, which cannot be"
        case odd = "a block claims a length of 13 octets, which cannot be"
        case short = "a block claims a length of 8 octets, which cannot be"
        case byteOrder = "a section header has no byte order mark"
        case secrets = "a block of secrets is shorter than it claims"
    }
}
