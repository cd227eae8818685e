/// HTTP/2 by hand (RFC 9113 §4, RFC 7541 §6): frames that a library would never send.
public enum RawHTTP2 {
    public static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// The preface and our settings, all of them the standard's own.
    public static let opening = preface + settings([])

    public static func frame(_ type: UInt8, flags: UInt8 = 0, stream: Int = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var octets = number(payload.count, octets: 3)
        octets += [type, flags]
        return octets + number(stream, octets: 4) + payload
    }

    public static func settings(_ values: [(UInt8, Int)]) -> [UInt8] {
        frame(4, values.flatMap { [0, $0.0] + number($0.1, octets: 4) })
    }

    public static func windowUpdate(_ stream: Int, by increment: Int) -> [UInt8] {
        frame(8, stream: stream, number(increment, octets: 4))
    }

    public static func reset(_ stream: Int) -> [UInt8] { frame(3, stream: stream, [0, 0, 0, 8]) }

    public static func get(_ path: String, stream: Int, more: [(String, String)] = []) -> [UInt8] {
        request("GET", path, stream: stream, more: more)
    }

    public static func request(
        _ method: String, _ path: String, stream: Int, more: [(String, String)] = [], isEnd: Bool = true
    ) -> [UInt8] {
        request(
            [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x")] + more, stream: stream,
            isEnd: isEnd)
    }

    public static func request(_ fields: [(String, String)], stream: Int, isEnd: Bool = true) -> [UInt8] {
        frame(1, flags: isEnd ? 0x05 : 0x04, stream: stream, block(fields))
    }

    /// Every field as a literal that is not kept (RFC 7541 §6.2.2); each character is one octet.
    public static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0x00] + literal(name) + literal(value) }
    }

    /// A string literal without Huffman coding (RFC 7541 §5.2).
    public static func literal(_ text: String) -> [UInt8] {
        let octets = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return integer(octets.count, prefix: 7) + octets
    }

    /// An integer with its first bits zero (RFC 7541 §5.1).
    public static func integer(_ value: Int, prefix: Int) -> [UInt8] {
        let most = (1 << prefix) - 1
        guard value >= most else { return [UInt8(value)] }
        var octets = [UInt8(most)]
        var rest = value - most
        while rest >= 128 {
            octets.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return octets + [UInt8(rest)]
    }

    public static func number(_ value: Int, octets count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
