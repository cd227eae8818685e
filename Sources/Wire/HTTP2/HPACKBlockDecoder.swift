import NIOCore
import NIOHPACK
import TapeModel

/// Header compression of one direction (RFC 7541).
///
/// The only file of this target that knows the library's types.
struct HPACKBlockDecoder: Sendable {
    /// A list of this size is what NIO's own servers refuse at, with room for large tokens.
    private static let longestList = 256 * 1024

    private var decoder: HPACKDecoder

    init() {
        decoder = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: 4_096, maxHeaderListSize: Self.longestList)
    }

    /// What the receiver of these blocks allowed in its SETTINGS; bounded, because the receiver is a peer as well.
    mutating func allowTable(size: Int) {
        decoder.maxDynamicTableLength = min(size, 1 << 20)
    }

    /// The field lines of a block, or nothing where it does not decode.
    mutating func decode(_ block: [UInt8]) -> [FieldLine]? {
        var buffer = ByteBuffer(bytes: block)
        guard let headers = try? decoder.decodeHeaders(from: &buffer) else { return nil }
        var fields: [FieldLine] = []
        fields.reserveCapacity(headers.count)
        for header in headers { fields.append(FieldLine(header.name, header.value)) }
        return fields
    }
}
