import TapeModel

/// The packets of one TCP connection that never was: each side's sequence numbers, and an acknowledgement for every segment.
struct TCPConversation {
    /// A packet as it goes into the file.
    struct Packet {
        var octets: [UInt8]
        var comments: [String] = []
    }

    private struct Half {
        var endpoint: Endpoint
        var next: UInt32
        /// What the other side has acknowledged to it.
        var isFinished = false
    }

    private var client: Half
    private var server: Half

    /// `number` sets the connections' first sequence numbers apart.
    init(client: Endpoint, server: Endpoint, number: Int) {
        let first = UInt32(truncatingIfNeeded: number) &* 0x0100_0193
        self.client = Half(endpoint: client, next: first)
        self.server = Half(endpoint: server, next: ~first)
    }

    func hasFinished(_ side: Side) -> Bool { half(side).isFinished }

    mutating func synchronize() -> Packet {
        defer { client.next &+= 1 }
        return packet(.client, .syn, options: Self.options, isFirst: true)
    }

    /// The server's answer to the first packet.
    mutating func accept() -> Packet {
        defer { server.next &+= 1 }
        return packet(.server, [.syn, .ack], options: Self.options)
    }

    /// The server's other answer to it.
    func refuse() -> Packet {
        Packet(
            octets: TCPPacket.octets(
                from: server.endpoint, to: client.endpoint, sequence: 0, acknowledgement: client.next,
                flags: [.rst, .ack]))
    }

    func acknowledge(by side: Side) -> Packet { packet(side, .ack) }

    mutating func send(_ content: ArraySlice<UInt8>, from side: Side) -> Packet {
        let sent = packet(side, [.psh, .ack], content: content)
        advance(side, by: UInt32(truncatingIfNeeded: content.count))
        return sent
    }

    mutating func finish(_ side: Side) -> Packet {
        let sent = packet(side, [.fin, .ack])
        advance(side, by: 1)
        if side == .client { client.isFinished = true } else { server.isFinished = true }
        return sent
    }

    func reset(by side: Side) -> Packet { packet(side, [.rst, .ack]) }

    private mutating func advance(_ side: Side, by count: UInt32) {
        if side == .client { client.next &+= count } else { server.next &+= count }
    }

    private func half(_ side: Side) -> Half { side == .client ? client : server }

    private func packet(
        _ side: Side, _ flags: TCPPacket.Flags, options: [UInt8] = [], content: ArraySlice<UInt8> = [],
        isFirst: Bool = false
    ) -> Packet {
        let (sender, receiver) = (half(side), half(side.opposite))
        return Packet(
            octets: TCPPacket.octets(
                from: sender.endpoint, to: receiver.endpoint, sequence: sender.next,
                acknowledgement: isFirst ? 0 : receiver.next, flags: flags, options: options, content: content))
    }

    /// Window scale 8 (RFC 7323 §2.2), filled up by a no-operation: a window of 16 MiB is never full.
    private static let options: [UInt8] = [3, 3, 8, 1]
}
