import NIOCore
import TapeModel
import Wire

/// Writes messages that a `MessageReader` in its refusing mode has accepted, so that nothing in them can end a line early.
struct MessageWriter {
    let framing: MessageFraming

    static func requestHead(
        _ method: String, _ target: String, host: String, fields: [FieldLine], framing: MessageFraming
    ) -> ByteBuffer {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n"
        for field in fields where !field.name.equalsIgnoringASCIICase("host") { append(field, to: &text) }
        if framing == .chunked { text += "Transfer-Encoding: chunked\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }

    static func responseHead(
        _ head: ResponseHead, fields: [FieldLine], framing: MessageFraming, closes: Bool
    ) -> ByteBuffer {
        var text = "HTTP/1.1 \(head.status) \(head.reason)\r\n"
        for field in fields { append(field, to: &text) }
        if framing == .chunked { text += "Transfer-Encoding: chunked\r\n" }
        if closes { text += "Connection: close\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }

    /// Content octets in the framing of this message.
    func content(_ slice: ByteBuffer) -> ByteBuffer {
        guard framing == .chunked else { return slice }
        var buffer = ByteBuffer(string: String(slice.readableBytes, radix: 16) + "\r\n")
        buffer.writeImmutableBuffer(slice)
        buffer.writeString("\r\n")
        return buffer
    }

    /// What ends the message; empty where its length has already said so.
    func end(trailers: [FieldLine]) -> ByteBuffer {
        guard framing == .chunked else { return ByteBuffer() }
        var text = "0\r\n"
        for field in trailers { Self.append(field, to: &text) }
        return ByteBuffer(string: text + "\r\n")
    }

    private static func append(_ field: FieldLine, to text: inout String) {
        text += field.name
        text += ": "
        text += field.value
        text += "\r\n"
    }
}
