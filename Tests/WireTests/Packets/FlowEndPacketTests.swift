import TapeModel
import Testing
import Wire

/// How connections begin and end, and what only looks like it.
struct FlowEndPacketTests {
    @Test func `a reset within the window ends the flow`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.server, .rst, seq: 1)
        script.send(.client, seq: 1, "on its way")
        script.finish()
        #expect(script.transcript.hasSuffix("connect 1000\n1 closed reset(TapeModel.Side.server) by server"))
        #expect(script.reassembler.ignored.late == 1)
    }

    @Test func `a reset outside the window ends nothing`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.server, .rst, seq: 900_000)
        script.send(.client, seq: 1, "abc")
        script.finish()
        #expect(script.anomalies.map(\.code) == ["reset"])
        #expect(script.text(.client) == "abc")
    }

    @Test func `who goes on after its own reset did not send it`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.server, .rst, seq: 1)
        script.send(.server, seq: 1, "still here")
        script.finish()
        #expect(script.text(.server, flow: 2) == "still here")
    }

    @Test func `a SYN that nobody answers`() {
        var script = CaptureScript()
        script.send(.client, .syn, seq: 0)
        script.now += 1_000_000
        script.send(.client, .syn, seq: 0)
        script.now += 2_000_000
        script.send(.client, .syn, seq: 0)
        script.finish()
        #expect(
            script.transcript == """
                1 opened 10.0.0.1:40000 > 10.0.0.2:443
                1 client ! retransmission
                1 closed noAnswer
                """)
        #expect(script.anomalies.first?.detail == "SYN was sent 3 times.")
    }

    @Test func `a SYN that was refused`() {
        var script = CaptureScript()
        script.send(.client, .syn, seq: 0)
        script.send(.server, [.rst, .ack], seq: 0, ack: 1)
        #expect(script.transcript.hasSuffix("\n1 closed refused by server"))
    }

    @Test func `both may begin at once`() {
        var script = CaptureScript()
        script.send(.client, .syn, seq: 0)
        script.send(.server, .syn, seq: 0)
        script.send(.client, [.syn, .ack], seq: 0, ack: 1)
        script.send(.server, [.syn, .ack], seq: 0, ack: 1)
        script.send(.client, seq: 1, "ab")
        script.send(.server, seq: 1, ack: 3, "cd")
        script.finish()
        #expect(script.anomalies.isEmpty)
        #expect(script.text(.client) == "ab")
        #expect(script.text(.server) == "cd")
    }

    @Test func `a capture that begins in the middle says so`() {
        var script = CaptureScript()
        script.send(.server, seq: 500, ack: 77, "answer")
        script.send(.client, seq: 77, ack: 506, "next")
        script.finish()
        #expect(
            script.transcript == """
                1 opened 10.0.0.1:40000 > 10.0.0.2:443
                1 server gap ?
                1 server 6
                1 client gap ?
                1 client 4
                1 closed captureEnded
                """)
    }

    @Test func `a capture that begins with the answer to a SYN has all octets`() {
        var script = CaptureScript()
        script.send(.server, [.syn, .ack], seq: 0, ack: 1)
        script.send(.client, seq: 1, "ab")
        script.finish()
        #expect(script.transcript == "1 opened 10.0.0.1:40000 > 10.0.0.2:443\n1 client 2\n1 closed captureEnded")
    }

    @Test func `the same ends again are another flow`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, "old")
        // The end of the first was not captured.
        script.clientISN = 5_000_000
        script.serverISN = 7_000_000
        script.handshake()
        script.send(.client, seq: 1, "new")
        script.finish()
        #expect(script.text(.client, flow: 1) == "old")
        #expect(script.text(.client, flow: 2) == "new")
        #expect(script.ends.map(\.reason) == [.forgotten, .captureEnded])
        #expect(script.transcript.contains("2 opened 10.0.0.1:40000 > 10.0.0.2:443, connect 1000"))
    }

    @Test func `a SYN that nobody answers does not end an open flow`() {
        var script = CaptureScript()
        script.handshake()
        let number = script.clientISN
        script.clientISN = 70_000
        script.send(.client, .syn, seq: 0)
        script.clientISN = number
        script.send(.client, seq: 1, "abc")
        script.finish()
        #expect(script.text(.client) == "abc")
        #expect(script.ends.count == 1)
    }

    @Test func `octets before the handshake is complete are told as such`() {
        var script = CaptureScript()
        script.send(.client, .syn, seq: 0)
        script.send(.server, [.syn, .ack], seq: 0, ack: 1)
        script.send(.server, seq: 1, ack: 1, "early")
        script.send(.client, seq: 1, ack: 6, "abc")
        script.finish()
        #expect(script.anomalies.map(\.code) == ["octets-before-handshake"])
        #expect(script.text(.server) == "early")
    }

    @Test func `no room and urgency are told when they begin`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, seq: 1, window: 0)
        script.send(.client, seq: 1, window: 0)
        script.send(.client, seq: 1)
        script.send(.client, seq: 1, window: 0)
        script.send(.server, [.ack, .urg], seq: 1, "x", urgent: 1)
        script.finish()
        #expect(script.anomalies.map(\.code) == ["zero-window", "zero-window", "urgent"])
        #expect(script.ends.first?.packets.client.zeroWindows == 2)
    }

    @Test func `octets behind the end are left out and told`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, [.fin, .ack], seq: 1, "ab")
        script.send(.client, seq: 3, "more")
        script.finish()
        #expect(script.text(.client) == "ab")
        #expect(script.anomalies.map(\.code) == ["octets-after-end"])
    }

    @Test func `the last acknowledgement ends the wait for what the capture lost`() {
        var script = CaptureScript()
        script.handshake()
        script.send(.client, [.fin, .ack], seq: 5, "ef")
        script.send(.server, [.fin, .ack], seq: 1, ack: 8)
        script.send(.client, seq: 8, ack: 2)
        #expect(script.text(.client) == "????ef")
        #expect(script.ends.map(\.reason) == [.finished])
    }

    @Test func `silence and want of room end flows`() {
        var limits = ReassemblyLimits()
        limits.flows = 2
        var script = CaptureScript(limits)
        for port in 0..<3 as Range<UInt16> {
            script.clientPort = 40_000 + port
            script.handshake()
        }
        #expect(script.ends.map(\.reason) == [.forgotten])
        script.now += limits.idle + 1
        script.take([])
        #expect(script.ends.map(\.reason) == [.forgotten, .forgotten, .forgotten])
        #expect(script.reassembler.flows == 0)
    }
}
