import NIOCore
import TapeModel
import Wire

/// Writes messages that a `MessageReader` in its refusing mode has accepted, so that nothing in them can end a line early.
///
/// That reader gives one character for each octet of a field, and each goes out as the octet that it was.
struct MessageWriter {
    let framing: MessageFraming

    static func requestHead(
        _ method: String, _ target: String, host: String, fields: [FieldLine], upgrades: [FieldLine],
        framing: MessageFraming
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        append("\(method) \(target) HTTP/1.1\r\n", to: &buffer)
        append(FieldLine("Host", host), to: &buffer)
        for field in fields where !field.name.equalsIgnoringASCIICase("host") { append(field, to: &buffer) }
        if !upgrades.isEmpty { append(FieldLine("Connection", "upgrade"), to: &buffer) }
        for field in upgrades { append(field, to: &buffer) }
        if framing == .chunked { append(FieldLine("Transfer-Encoding", "chunked"), to: &buffer) }
        append("\r\n", to: &buffer)
        return buffer
    }

    static func responseHead(
        _ head: ResponseHead, framing: MessageFraming, _ persistence: MessageMachine.Persistence
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        append("HTTP/1.1 \(head.status) \(head.reason)\r\n", to: &buffer)
        for field in head.fields { append(field, to: &buffer) }
        if framing == .chunked { append(FieldLine("Transfer-Encoding", "chunked"), to: &buffer) }
        switch persistence {
        case .kept: break
        case .keptForOldClient: append(FieldLine("Connection", "keep-alive"), to: &buffer)
        case .closed: append(FieldLine("Connection", "close"), to: &buffer)
        case .switched: append(FieldLine("Connection", "upgrade"), to: &buffer)
        }
        append("\r\n", to: &buffer)
        return buffer
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
        var buffer = ByteBuffer(string: "0\r\n")
        for field in trailers { Self.append(field, to: &buffer) }
        buffer.writeString("\r\n")
        return buffer
    }

    private static func append(_ field: FieldLine, to buffer: inout ByteBuffer) {
        append(field.name, to: &buffer)
        buffer.writeStaticString(": ")
        append(field.value, to: &buffer)
        buffer.writeStaticString("\r\n")
    }

    private static func append(_ text: String, to buffer: inout ByteBuffer) {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else {
            buffer.writeString(text)
            return
        }
        // Nothing above U+00FF comes out of the reader; what is not one octet is not let through as several.
        for scalar in text.unicodeScalars { buffer.writeInteger(UInt8(exactly: scalar.value) ?? UInt8(ascii: "?")) }
    }
}
