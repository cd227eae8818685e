/// Integers out of a capture file in the byte order of its writer; nil past the end, because lengths in files lie.
struct CaptureFields: Sendable, Hashable {
    var bigEndian: Bool

    func uint16(_ octets: Span<UInt8>, at index: Int) -> UInt16? {
        guard index >= 0, index <= octets.count - 2 else { return nil }
        let (first, second) = (UInt16(octets[index]), UInt16(octets[index + 1]))
        return bigEndian ? first << 8 | second : second << 8 | first
    }

    func uint32(_ octets: Span<UInt8>, at index: Int) -> UInt32? {
        guard index >= 0, index <= octets.count - 4 else { return nil }
        let first = UInt32(octets[index]) | UInt32(octets[index + 1]) << 8
        let second = UInt32(octets[index + 2]) << 16 | UInt32(octets[index + 3]) << 24
        let little = first | second
        return bigEndian ? little.byteSwapped : little
    }

    func uint64(_ octets: Span<UInt8>, at index: Int) -> UInt64? {
        guard let first = uint32(octets, at: index), let second = uint32(octets, at: index + 4) else { return nil }
        return bigEndian
            ? UInt64(first) << 32 | UInt64(second) : UInt64(second) << 32 | UInt64(first)
    }
}
