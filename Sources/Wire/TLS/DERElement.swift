/// One element of DER (X.690 §8.1): its tag, its content and all of its octets.
struct DERElement {
    var tag: UInt8
    var content: ArraySlice<UInt8>
    var octets: ArraySlice<UInt8>

    /// Takes the first element off `octets`; nil where it is none, or is not whole.
    static func first(_ octets: inout ArraySlice<UInt8>) -> DERElement? {
        let whole = octets
        var cursor = OctetCursor(octets)
        // Tags above 30 have further octets and occur in no certificate.
        guard let tag = cursor.integer(octets: 1), tag & 0x1F != 0x1F, var length = cursor.integer(octets: 1)
        else { return nil }
        var header = 2
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...4).contains(count), let long = cursor.integer(octets: count) else { return nil }
            header += count
            length = long
        }
        guard let content = cursor.take(length) else { return nil }
        octets = whole.dropFirst(header + length)
        return DERElement(tag: UInt8(tag), content: content, octets: whole.prefix(header + length))
    }

    /// The elements inside; nil where the content is anything else.
    var children: [DERElement]? {
        var rest = content
        var elements: [DERElement] = []
        while !rest.isEmpty {
            guard let element = Self.first(&rest) else { return nil }
            elements.append(element)
        }
        return elements
    }
}
