import TapeModel
import Testing
import Wire

/// What reassembly says of captures that are written out segment by segment.
struct PacketTests {
    @Test func `a connection from SYN to both FINs`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "GET")
        script.send(.server, seq: 1, ack: 4, "200 OK")
        script.send(.client, [.fin, .ack], seq: 4, ack: 7)
        script.send(.server, [.fin, .ack], seq: 7, ack: 5, "!")
        script.send(.client, seq: 5, ack: 9)
        script.finish()
        #expect(
            script.transcript == """
                1 opened 10.0.0.1:40000 > 10.0.0.2:443, connect 1000
                1 client 3
                1 server 6
                1 client ends
                1 server 1
                1 server ends
                1 closed finished by client
                """)
        #expect(script.text(.client) == "GET")
        #expect(script.text(.server) == "200 OK!")
        #expect(script.ends.first?.packets.server.segments == 2)
    }

    @Test func `segments out of order wait for those in front of them`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 7, "ghi")
        script.send(.client, seq: 4, "def")
        script.send(.client, seq: 1, "abc")
        script.finish()
        #expect(
            script.transcript == """
                1 opened 10.0.0.1:40000 > 10.0.0.2:443, connect 1000
                1 client 3
                1 client 3 held
                1 client 3 held
                1 client ! out-of-order
                1 closed captureEnded
                """)
        #expect(script.text(.client) == "abcdefghi")
        #expect(script.ends.first?.packets.client.outOfOrder == 2)
        // Each octet has the time of the segment that carried it.
        #expect(
            script.events.contains(.octets(1, .client, .held(Array("ghi".utf8)), at: Instant(microseconds: 1_004_000))))
    }

    @Test func `what comes again is counted and told once`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "abc")
        script.send(.client, seq: 1, "abc")
        script.send(.client, seq: 2, "bcde")
        script.finish()
        #expect(script.text(.client) == "abcde")
        #expect(script.anomalies.map(\.code) == ["retransmission"])
        #expect(script.ends.first?.packets.client == .init(segments: 3, retransmitted: 1))
    }

    @Test func `another content the second time is told with both versions`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "abcdef")
        script.send(.client, seq: 3, "cXYf")
        script.finish()
        #expect(script.text(.client) == "abcdef")
        let anomaly = script.anomalies.first { $0.code == "ambiguous-overlap" }
        #expect(anomaly?.raw == Array("defXYf".utf8))
    }

    @Test func `sequence numbers wrap`() {
        var script = CaptureScript()
        script.clientISN = .max - 3
        script.handshake()
        script.send(.client, seq: 1, "ab")
        script.send(.client, seq: 5, "ef")
        script.send(.client, seq: 3, "cd")
        script.finish()
        #expect(script.text(.client) == "abcdef")
    }

    @Test func `keep-alive probes are nothing`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "abc")
        script.send(.server, seq: 1, ack: 4)
        script.send(.client, seq: 3)
        script.send(.client, seq: 3, "\u{0}")
        script.send(.server, seq: 0, ack: 4)
        script.finish()
        #expect(script.anomalies.isEmpty)
        #expect(script.ends.first?.packets.client == .init(segments: 1))
    }

    @Test func `one side may go on after the FIN of the other`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, [.fin, .ack], seq: 1)
        script.send(.server, seq: 1, ack: 2, "late")
        script.send(.server, [.fin, .ack], seq: 5, ack: 2)
        script.finish()
        #expect(script.transcript.hasSuffix("1 client ends\n1 server 4\n1 server ends\n1 closed finished by client"))
    }

    @Test func `octets that were acknowledged and never seen become a gap`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "ab")
        script.send(.client, seq: 6, "fg")
        script.send(.server, seq: 1, ack: 8)
        #expect(script.text(.client) == "ab")
        script.now += 100_000
        script.send(.server, seq: 1, ack: 8)
        #expect(script.text(.client) == "ab???fg")
        // Nothing at all was seen of these.
        script.send(.server, seq: 1, ack: 18)
        script.now += 100_000
        script.send(.server, seq: 1, ack: 18)
        #expect(script.text(.client) == "ab???fg??????????")
        script.finish()
        #expect(script.ends.first?.packets.client.missing == 13)
        // What the capture lost was not out of order on the wire.
        #expect(script.ends.first?.packets.client.outOfOrder == 0)
    }

    @Test func `many segments end the wait as well as time does`() {
        var limits = ReassemblyLimits()
        limits.patienceInSegments = 3
        var script = CaptureScript(limits)
        script.handshake()
        script.send(.client, seq: 4, "de")
        for _ in 0..<3 { script.send(.server, seq: 1, ack: 6) }
        #expect(script.text(.client) == "")
        script.send(.server, seq: 1, ack: 6)
        #expect(script.text(.client) == "???de")
    }

    @Test func `a number that was damaged once loses nothing`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "ab")
        script.send(.server, seq: 1, ack: 5_000)
        script.send(.server, seq: 1, ack: 3)
        script.send(.client, seq: 500_000_000, "??")
        script.now += 1_000_000
        script.send(.server, seq: 1, ack: 3)
        script.send(.client, seq: 3, "cd")
        script.finish()
        #expect(script.text(.client) == "abcd")
        #expect(script.anomalies.map(\.code) == ["outside-window"])
    }

    @Test func `a capture that was interrupted goes on behind a gap`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "ab")
        script.send(.client, seq: 3_000_000_000, "yy")
        script.send(.client, seq: 3_000_000_002, "zz")
        script.send(.client, seq: 3_000_000_004, "!")
        #expect(script.transcript.hasSuffix("1 client gap 2999999999\n1 client 2 held\n1 client 1"))
    }

    @Test func `a hole in a capture of one direction is given up in the end`() {
        var script = CaptureScript()
        script.send(.client, seq: 1, "ab")
        script.send(.client, seq: 6, "fg")
        script.now += 30_000_000
        script.send(.client, seq: 8, "h")
        #expect(script.text(.client) == "ab???fgh")
    }

    @Test func `the memory for one stream is bounded`() {
        var limits = ReassemblyLimits()
        limits.heldPerStream = 1_000
        var script = CaptureScript(limits)
        script.handshake()
        for index in 0..<20 { script.send(.client, seq: UInt32(2 + 10 * index), "0123456789") }
        #expect(script.reassembler.heldOctets <= 1_000)
        #expect(script.text(.client).hasPrefix("?0123456789"))
    }

    @Test func `the memory for all streams is bounded and the oldest hole goes first`() {
        var limits = ReassemblyLimits()
        limits.heldInAll = 1_000
        var script = CaptureScript(limits)
        for port in 0..<20 as Range<UInt16> {
            script.clientPort = 40_000 + port
            script.handshake()
            script.send(.client, seq: 2, "0123456789")
            #expect(script.reassembler.heldOctets <= 1_000)
        }
        #expect(script.text(.client, flow: 1) == "?0123456789")
        #expect(script.text(.client, flow: 20) == "")
    }
}
