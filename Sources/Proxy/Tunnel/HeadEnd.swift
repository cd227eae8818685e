/// Finds the empty line that ends the head of an HTTP/1 message.
enum HeadEnd {
    static func find(in text: String) -> Range<String.Index>? {
        let mark = Array("\r\n\r\n".utf8)
        let octets = text.utf8
        var index = octets.startIndex
        while index < octets.endIndex {
            if octets[index...].starts(with: mark) {
                return index..<octets.index(index, offsetBy: mark.count)
            }
            index = octets.index(after: index)
        }
        return nil
    }
}
