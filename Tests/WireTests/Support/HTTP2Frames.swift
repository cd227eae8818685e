/// Frames as a test writes them (RFC 9113 §4, §6).
///
/// Header blocks are literals without table and without Huffman coding, so that a field may have any octet and one block
/// does not depend on another; `HPACKTests` has real encoders.
enum HTTP2 {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = frame(4, 0, 0, [])
    static let acknowledgement = frame(4, 1, 0, [])
    /// What both sides say first.
    static let opening: [Step] = [.client(preface + settings), .server(settings + acknowledgement)]

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt32(payload.count)
        return big(length).dropFirst() + [type, flags] + big(stream) + payload
    }

    static func setting(_ identifier: UInt8, _ value: UInt32) -> [UInt8] {
        frame(4, 0, 0, [0, identifier] + big(value))
    }

    /// `fields` as `name: value`.
    static func headers(
        _ stream: UInt32, _ fields: String..., end: Bool = false, endHeaders: Bool = true
    ) -> [UInt8] {
        frame(1, (end ? 1 : 0) | (endHeaders ? 4 : 0), stream, block(fields))
    }

    static func get(_ stream: UInt32, _ path: String, _ fields: String...) -> [UInt8] {
        frame(1, 5, stream, block(request("GET", path) + fields))
    }

    /// A request with content to come.
    static func put(_ stream: UInt32, _ path: String, _ fields: String...) -> [UInt8] {
        frame(1, 4, stream, block(request("PUT", path) + fields))
    }

    static func request(_ method: String, _ path: String) -> [String] {
        [":method: \(method)", ":scheme: https", ":authority: r.test", ":path: \(path)"]
    }

    static func continuation(_ stream: UInt32, _ fields: String..., endHeaders: Bool = true) -> [UInt8] {
        frame(9, endHeaders ? 4 : 0, stream, block(fields))
    }

    static func data(_ stream: UInt32, _ text: String, end: Bool = false) -> [UInt8] {
        frame(0, end ? 1 : 0, stream, Array(text.utf8))
    }

    static func padded(_ stream: UInt32, _ text: String, padding: Int, end: Bool = false) -> [UInt8] {
        frame(
            0, end ? 9 : 8, stream, [UInt8(padding)] + Array(text.utf8) + Array(repeating: 0, count: padding))
    }

    static func reset(_ stream: UInt32, _ code: UInt32) -> [UInt8] { frame(3, 0, stream, big(code)) }

    static func goAway(_ last: UInt32, _ code: UInt32, _ debug: String = "") -> [UInt8] {
        frame(7, 0, 0, big(last) + big(code) + Array(debug.utf8))
    }

    static func push(_ stream: UInt32, _ promised: UInt32, _ path: String) -> [UInt8] {
        frame(5, 4, stream, big(promised) + block(request("GET", path)))
    }

    static func block(_ fields: [String]) -> [UInt8] {
        fields.flatMap { field -> [UInt8] in
            let octets = Array(field.utf8)
            let colon = octets.dropFirst().firstIndex(of: 0x3A) ?? octets.count
            return literal(Array(octets[..<colon]), Array(octets[min(octets.count, colon + 2)...]))
        }
    }

    /// Literal Header Field without Indexing (RFC 7541 §6.2.2).
    static func literal(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] { [0] + string(name) + string(value) }

    private static func string(_ octets: [UInt8]) -> [UInt8] {
        guard octets.count >= 127 else { return [UInt8(octets.count)] + octets }
        var rest = octets.count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return length + [UInt8(rest)] + octets
    }

    private static func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
