import TapeModel

/// What one side of an HTTP/2 connection sends.
struct HTTP2Direction: Sendable {
    var frames: FrameReader
    var blocks = HeaderBlocks()
    private var headers: HPACKBlockDecoder
    private var tableSizes = TableSizes()
    /// The highest stream that this side has opened; those above are idle (RFC 9113 §5.1.1).
    var highestStream = 0

    /// `isJoined` where this side's first frames were not seen.
    init(isJoined: Bool) {
        frames = FrameReader(isJoined: isJoined)
        headers = HPACKBlockDecoder(isJoined: isJoined)
    }

    mutating func decode(_ block: HeaderBlocks.Block) -> HeaderList? {
        headers.decode(block.octets)
    }

    /// The receiver of this side's header blocks has sent SETTINGS.
    mutating func tableAnnounced(_ size: Int?) {
        tableSizes.announced(size)
        headers.allowTable(size: tableSizes.allowed)
    }

    /// This side has acknowledged the receiver's SETTINGS.
    mutating func tableAcknowledged() {
        tableSizes.acknowledged()
        headers.allowTable(size: tableSizes.allowed)
    }
}
