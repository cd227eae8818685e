import Interop
import TapeModel
import Testing

/// What packets showed of a connection, in the words of `show --seq`.
struct PacketNoteTests {
    private static let request = "* seen by capture\n> GET / HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 200 OK\n<\n"

    private func ends(_ text: String) throws -> [ConnectionEnd] {
        try Transcript(parsing: text).records.compactMap { if case .connectionEnd(let end) = $0 { end } else { nil } }
    }

    @Test func `counts of both sides stand at the end of the connection that they precede`() throws {
        let text =
            "* Connected to a.example (192.0.2.1) port 80\n" + Self.request
            + "* packets of client: 9 segments, 1 retransmitted, 2 out of order, 3 zero windows, 4 octets missing\n"
            + "* packets of server: 70 segments, 0 retransmitted, 0 out of order, 0 zero windows, 5 octets missing\n"
            + "* closed by server\n"
            + "* Connected to b.example (192.0.2.2) port 80\n" + Self.request + "* closed by client\n"
        let ends = try ends(text)
        #expect(ends.count == 2)
        #expect(
            ends.first?.packets
                == PacketCounts(
                    client: .init(segments: 9, retransmitted: 1, outOfOrder: 2, zeroWindows: 3, missing: 4),
                    server: .init(segments: 70, missing: 5)))
        #expect(ends.last?.packets == nil)
        let connections = try Transcript(parsing: text).records.compactMap {
            if case .connection(let connection) = $0 { connection } else { nil }
        }
        #expect(connections.first?.source == .capture)
    }

    @Test(arguments: [
        "* packets of nobody: 9 segments, 1 retransmitted, 2 out of order, 3 zero windows, 4 octets missing",
        "* packets of client: 9 segments",
        "* packets of client: -9 segments, 1 retransmitted, 2 out of order, 3 zero windows, 4 octets missing",
        "* packets of client: 1 retransmitted, 9 segments, 2 out of order, 3 zero windows, 4 octets missing",
        "* packets of client: 99999999999999999999 segments, 1 retransmitted, 2 out of order, 3 zero windows, 4 octets missing",
    ])
    func `counts that are none are a mistake and not silence`(note: String) {
        let error = #expect(throws: TranscriptError.self) { try Transcript(parsing: note) }
        #expect(error?.detail.contains("packets are counted as") == true)
    }
}
