import NIOCore

/// Finds the empty line that ends the head of an HTTP/1 message.
enum HeadEnd {
    private static let mark = Array("\r\n\r\n".utf8)

    /// How many octets of `buffer` are head, the empty line included; nothing while that line has not arrived.
    static func find(in buffer: ByteBuffer) -> Int? {
        let octets = buffer.readableBytesView
        var index = octets.startIndex
        while let start = octets[index...].firstIndex(of: mark[0]) {
            if octets[start...].starts(with: mark) { return start - octets.startIndex + mark.count }
            index = start + 1
        }
        return nil
    }
}
