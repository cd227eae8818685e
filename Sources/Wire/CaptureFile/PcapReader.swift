import TapeModel

/// The classic form: one header, then records (draft-ietf-opsawg-pcap).
struct PcapReader: Sendable {
    static let headerLength = 24
    private static let recordLength = 16
    /// What libpcap allows whatever the header says: kernels have kept more than the snap length.
    private static let usualSnapLength = 262_144

    private let fields: CaptureFields
    private let nanoseconds: Bool
    private let link: UInt16
    private let longestFrame: Int

    /// Nil while the header is not whole.
    init?(_ octets: Span<UInt8>, fields: CaptureFields, nanoseconds: Bool) throws(CaptureFileFailure) {
        guard let major = fields.uint16(octets, at: 4), let snapLength = fields.uint32(octets, at: 16),
            let link = fields.uint32(octets, at: 20)
        else { return nil }
        guard major == 2 else { throw CaptureFileFailure(at: 4, "pcap version \(major) is not read") }
        self.fields = fields
        self.nanoseconds = nanoseconds
        // The upper half says how long the frame check sequences are.
        self.link = UInt16(truncatingIfNeeded: link)
        longestFrame = min(max(Int(snapLength), Self.usualSnapLength), CaptureFileReader.longestBlock)
    }

    func read(
        _ octets: Span<UInt8>, from start: Int, position: Int64, deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) -> Int {
        var index = start
        while let seconds = fields.uint32(octets, at: index), let fraction = fields.uint32(octets, at: index + 4),
            let kept = fields.uint32(octets, at: index + 8), let original = fields.uint32(octets, at: index + 12)
        {
            let length = Int(kept)
            guard length <= longestFrame else {
                throw CaptureFileFailure(
                    at: position + Int64(index), "a frame claims \(length) octets where \(longestFrame) are allowed")
            }
            let first = index + Self.recordLength
            guard length <= octets.count - first else { break }
            let microseconds = Int64(seconds) * 1_000_000 + Int64(nanoseconds ? fraction / 1000 : fraction)
            deliver(
                .frame(
                    CapturedFrame(
                        octets: first..<first + length, link: link, originalLength: max(Int(original), length),
                        time: Instant(microseconds: microseconds))))
            index = first + length
        }
        return index
    }
}
