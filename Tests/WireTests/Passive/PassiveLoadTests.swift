import Foundation
import TapeModel
import TestSupport
import Testing
import Wire

/// Captures that are made to fill a memory or to waste time (RELIABILITY I8): bounded, and in time that grows with them.
///
/// What took the square of its input would not end within the time limit.
@Suite(.timeLimit(.minutes(3)))
struct PassiveLoadTests {
    private static let rawIP = LinkType.rawIP.rawValue

    @Test func `a million connections that were only begun`() throws {
        let limits = ReassemblyLimits()
        let rules = SinkRules(keeps: false)
        var capture = PassiveCapture(limits: limits)
        let before = try Self.residentBytes()
        var most = 0
        var question = PacketBuilder.ipv4(PacketBuilder.tcp(from: 40_000, to: 443, seq: 1, flags: .syn))
        var answer = PacketBuilder.ipv4(
            from: [10, 0, 0, 2], to: [10, 0, 0, 1],
            PacketBuilder.tcp(from: 443, to: 40_000, seq: 9, ack: 2, flags: [.syn, .ack]))
        let count: UInt32 = 1_000_000
        for number in 0..<count {
            let address = PacketBuilder.big(0x0B00_0000 + number)
            question.replaceSubrange(12..<16, with: address)
            answer.replaceSubrange(16..<20, with: address)
            let now = Instant(microseconds: Int64(number) * 10)
            capture.receive(question.span, link: Self.rawIP, originalLength: question.count, at: now, to: rules)
            if number.isMultiple(of: 2) {
                capture.receive(answer.span, link: Self.rawIP, originalLength: answer.count, at: now, to: rules)
            }
            most = max(most, capture.flows + capture.openConnections)
        }
        let grown = try Self.residentBytes() - before
        capture.finish(at: Instant(microseconds: 10_000_000), to: rules)
        rules.finish()
        #expect(rules.violations.isEmpty, "\(rules.violations)")
        #expect(rules.connections == Int(count))
        #expect(most <= 2 * limits.flows && capture.flows == 0 && capture.heldOctets == 0)
        // The process is that of other tests as well.
        #expect(grown < 512 << 20, "\(grown)")
    }

    @Test(arguments: [1, 7])
    func `an answer in 64 thousand segments of one octet out of order, across the wrap`(stride: Int) {
        let rules = SinkRules()
        var capture = PassiveCapture()
        var script = CaptureScript()
        script.clientISN = .max - 5
        script.serverISN = .max - 30_000
        var most = 0
        func receive(_ packet: [UInt8], _ capture: inout PassiveCapture) {
            script.now += 1
            capture.receive(
                packet.span, link: Self.rawIP, originalLength: packet.count, at: Instant(microseconds: script.now),
                to: rules)
            most = max(most, capture.heldOctets)
        }
        let count = 65_536
        let request = Array("GET /v2/ HTTP/1.1\r\nHost: r.test\r\n\r\n".utf8)
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n".utf8)
        receive(script.packet(.client, .syn, seq: 0), &capture)
        receive(script.packet(.server, [.syn, .ack], seq: 0), &capture)
        receive(script.packet(.client, seq: 1, request), &capture)
        receive(script.packet(.server, seq: 1, ack: UInt32(1 + request.count), head), &capture)
        // Backward, and in leaps: nothing comes in its turn until the last.
        let places = (0..<stride).flatMap { Array(Swift.stride(from: $0, to: count, by: stride)) }.reversed()
        for place in places {
            receive(script.packet(.server, seq: UInt32(1 + head.count + place), [UInt8(place & 0xFF)]), &capture)
        }
        capture.finish(at: Instant(microseconds: script.now), to: rules)
        rules.finish()
        #expect(rules.violations.isEmpty, "\(rules.violations)")
        #expect(rules.lines == ["GET http://r.test/v2/ 200 \(count)"])
        #expect(most < 16 << 20 && most > count)
    }

    @Test func `connections without end of which nobody has the secrets`() throws {
        var limits = ReassemblyLimits()
        limits.waitingForSecrets = 4 << 20
        let session = try TLSSession("tls13")
        let rules = SinkRules()
        var capture = PassiveCapture(limits: limits)
        var script = CaptureScript()
        var most = 0
        let count = 200
        let record: [UInt8] = [23, 3, 3, 0x40, 0] + [UInt8](repeating: 7, count: 0x4000)
        for number in 0..<count {
            script.clientPort = 30_000 + UInt16(number)
            var sent: [Side: UInt32] = [.client: 1, .server: 1]
            var packets = [script.packet(.client, .syn, seq: 0), script.packet(.server, [.syn, .ack], seq: 0)]
            let steps = session.steps.prefix { $0.octets.first != 23 } + [(side: Side.server, octets: record + record)]
            for step in steps {
                for piece in stride(from: 0, to: step.octets.count, by: 1_000) {
                    let octets = Array(step.octets[piece..<min(step.octets.count, piece + 1_000)])
                    packets.append(script.packet(step.side, seq: sent[step.side] ?? 0, octets))
                    sent[step.side, default: 0] += UInt32(octets.count)
                }
            }
            for packet in packets {
                script.now += 1
                capture.receive(
                    packet.span, link: Self.rawIP, originalLength: packet.count,
                    at: Instant(microseconds: script.now), to: rules)
                most = max(most, capture.heldOctets)
            }
        }
        // The oldest have been given up and say so; the newest still wait.
        let given = rules.codes["not-decrypted"] ?? []
        #expect(given.count > count / 4 && given.count < count)
        #expect(given == Set(1...given.count))
        #expect(most <= limits.waitingForSecrets + 64 << 10 && most > limits.waitingForSecrets / 2)
        capture.finish(at: Instant(microseconds: script.now), to: rules)
        rules.finish()
        #expect(rules.violations.isEmpty, "\(rules.violations)")
        #expect(rules.codes["not-decrypted"]?.count == count && capture.heldOctets == 0)
    }

    @Test func `tunnels within tunnels each have an end`() {
        let rules = SinkRules()
        var capture = PassiveCapture()
        var script = CaptureScript()
        var sent: [Side: UInt32] = [.client: 1, .server: 1]
        func say(_ side: Side, _ text: String) {
            script.now += 1
            let packet = script.packet(side, seq: sent[side] ?? 0, ack: sent[side.opposite] ?? 0, Array(text.utf8))
            sent[side, default: 0] += UInt32(text.utf8.count)
            capture.receive(
                packet.span, link: Self.rawIP, originalLength: packet.count, at: Instant(microseconds: script.now),
                to: rules)
        }
        for packet in [script.packet(.client, .syn, seq: 0), script.packet(.server, [.syn, .ack], seq: 0)] {
            capture.receive(
                packet.span, link: Self.rawIP, originalLength: packet.count, at: Instant(microseconds: script.now),
                to: rules)
        }
        for number in 0..<10 {
            say(.client, "CONNECT host\(number).test:80 HTTP/1.1\r\nHost: host\(number).test:80\r\n\r\n")
            say(.server, "HTTP/1.1 200 OK\r\n\r\n")
        }
        capture.finish(at: Instant(microseconds: script.now), to: rules)
        rules.finish()
        #expect(rules.violations.isEmpty, "\(rules.violations)")
        #expect(rules.connections == 5 && rules.exchanges == 5)
    }

    private static func residentBytes() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (statm.count > 1 ? Int(statm[1]) ?? 0 : 0) * 4_096
    }
}
