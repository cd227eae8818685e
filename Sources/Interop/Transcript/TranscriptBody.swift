import TapeModel

/// The content of a message as the lines between its head and the next marker.
enum TranscriptBody {
    static func body(lines: [Substring], octets: Int64?, fields: [FieldLine]) -> Body {
        if let octets { return Body(length: octets, stored: octets > 0 ? Body.Storage.none : nil) }
        // Empty lines at the end part one exchange from the next; a length says when they are content.
        let kept = lines.lastIndex { !$0.isEmpty }.map { lines[...$0] } ?? []
        var text = kept.joined(separator: "\n")
        if let length = fields.first("content-length").flatMap({ Int($0) }) {
            var missing = length - text.utf8.count
            if missing > 0, missing <= lines.count - kept.count + 1 {
                while missing > 0 {
                    text += "\n"
                    missing -= 1
                }
            }
        }
        guard !text.isEmpty else { return .empty }
        return Body(length: Int64(text.utf8.count), stored: .inline, text: text)
    }
}
