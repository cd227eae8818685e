import TapeModel

/// The content of a message as the lines between its head and the next marker.
enum TranscriptBody {
    static func body(lines: [Substring], octets: Int64?, fields: [FieldLine]) -> Body {
        if let octets { return Body(length: octets, stored: octets > 0 ? Body.Storage.none : nil) }
        // Empty lines at the end part one exchange from the next; a length says when they are content.
        let kept = lines.lastIndex { !$0.isEmpty }.map { lines[...$0] } ?? []
        var text = kept.joined(separator: "\n")
        let length = fields.first("content-length").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        // A redacted body is shorter or longer than what crossed the wire, and its length is what crossed the wire.
        let isRedacted = text.contains("‹")
        if let length {
            var missing = length - text.utf8.count
            if missing > 0, missing <= lines.count - kept.count + 1 {
                while missing > 0 {
                    text += "\n"
                    missing -= 1
                }
            }
        }
        guard !text.isEmpty else { return .empty }
        let octets = isRedacted ? length.map { min($0, 1 << 53) } ?? text.utf8.count : text.utf8.count
        return Body(length: Int64(octets), stored: .inline, text: text, isRedacted: isRedacted)
    }
}
