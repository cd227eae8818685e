import Capture
import Testing
import Wire

/// `--filter` over frames of a file.
struct FrameFilterTests {
    /// A SYN to port 443, as raw IP.
    private static let packet: [UInt8] =
        [0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        + [0x9C, 0x40, 0x01, 0xBB, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 0x02, 0xFF, 0xFF, 0, 0, 0, 0]

    private static func frame(_ link: LinkType) -> [UInt8] {
        switch link {
        case .ethernet: [UInt8](repeating: 2, count: 12) + [8, 0] + packet
        case .linuxCooked: [0, 0, 0, 1, 0, 6] + [UInt8](repeating: 0, count: 8) + [8, 0] + packet
        case .linuxCooked2: [8, 0] + [UInt8](repeating: 0, count: 18) + packet
        case .null: [2, 0, 0, 0] + packet
        case .loopback: [0, 0, 0, 2] + packet
        case .rawIP, .ipv4, .ipv6: packet
        }
    }

    private func matches(_ expression: String, _ link: LinkType) throws -> Bool {
        let frame = Self.frame(link)
        return try FrameFilter(expression).matches(frame.span, link: link.rawValue, originalLength: frame.count)
    }

    @Test(arguments: LinkType.allCases.filter { $0 != .ipv6 })
    func `a port is found in frames of every kind`(link: LinkType) throws {
        #expect(try matches("tcp port 443", link))
        #expect(try !matches("tcp port 444", link))
        #expect(try matches("dst host 10.0.0.2 and tcp[tcpflags] & tcp-syn != 0", link))
    }

    @Test func `a bad expression is refused with the words of libpcap`() {
        #expect { try FrameFilter("tcp prot 443") } throws: { error in
            let failure = error as? CaptureFailure
            return failure?.code == .badFilter && failure?.sentence.contains("syntax error") == true
        }
    }

    @Test func `what has no meaning for a kind of frame is refused when such a frame comes`() throws {
        let filter = try FrameFilter("ether src 02:02:02:02:02:02")
        let (wired, raw) = (Self.frame(.ethernet), Self.frame(.rawIP))
        #expect(try filter.matches(wired.span, link: LinkType.ethernet.rawValue, originalLength: wired.count))
        #expect { try filter.matches(raw.span, link: LinkType.rawIP.rawValue, originalLength: raw.count) } throws: {
            ($0 as? CaptureFailure)?.code == .badFilter
        }
    }

    @Test func `a direction is known of cooked frames and of no others`() throws {
        #expect(try matches("inbound", .linuxCooked))
        #expect(try !matches("outbound", .linuxCooked2))
        #expect { try matches("inbound", .ethernet) } throws: { ($0 as? CaptureFailure)?.code == .badFilter }
    }

    @Test func `frames of kinds that are not read pass`() throws {
        #expect(try FrameFilter("tcp").matches([1, 2, 3].span, link: 9_999, originalLength: 3))
    }
}
