/// Where a client of HTTP/2 stands in its frames (RFC 9113 §3.4, §4.1, §6.10).
///
/// NIO holds a frame back until it is whole and a header section until its last piece, and tells nobody meanwhile. A
/// client that sends an octet now and then would keep its connection for ever (RELIABILITY.md D1), unless somebody
/// counts along.
package struct FrameProgress: Equatable {
    private static let prefaceLength = 24
    private static let headerLength = 9

    private var prefaceLeft = prefaceLength
    private var header: [UInt8] = []
    private var payloadLeft = 0
    private var hasHadFrame = false
    private var isInHeaderSection = false

    /// Whether the client owes the rest of something: its first frame, a frame, or a header section.
    package var isOwing: Bool { !hasHadFrame || !header.isEmpty || payloadLeft > 0 || isInHeaderSection }

    package init() {}

    package mutating func received(_ octets: some RandomAccessCollection<UInt8>) {
        var rest = octets[...]
        let preface = min(prefaceLeft, rest.count)
        prefaceLeft -= preface
        rest = rest.dropFirst(preface)
        while !rest.isEmpty {
            if payloadLeft > 0 {
                let count = min(payloadLeft, rest.count)
                payloadLeft -= count
                rest = rest.dropFirst(count)
                if payloadLeft == 0 { hasHadFrame = true }
                continue
            }
            let count = min(Self.headerLength - header.count, rest.count)
            header += rest.prefix(count)
            rest = rest.dropFirst(count)
            if header.count == Self.headerLength { headerEnded() }
        }
    }

    private mutating func headerEnded() {
        payloadLeft = header.prefix(3).reduce(0) { $0 << 8 | Int($1) }
        switch header[3] {
        // HEADERS, PUSH_PROMISE and CONTINUATION; the flag is END_HEADERS.
        case 1, 5, 9: isInHeaderSection = header[4] & 0x04 == 0
        default: break
        }
        header.removeAll(keepingCapacity: true)
        if payloadLeft == 0 { hasHadFrame = true }
    }
}
