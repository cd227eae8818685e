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
            allocator: ByteBufferAllocator(), maxDynamicTableSize: TableSizes.initial,
            maxHeaderListSize: Self.longestList)
    }

    /// What the receiver of these blocks allows; a smaller table loses its oldest entries at once.
    mutating func allowTable(size: Int) {
        guard decoder.maxDynamicTableLength != size else { return }
        decoder.maxDynamicTableLength = size
    }

    /// The fields of a block, or nothing where it does not decode.
    mutating func decode(_ block: [UInt8]) -> HeaderList? {
        var buffer = ByteBuffer(bytes: block)
        guard let headers = try? decoder.decodeHeaders(from: &buffer) else { return nil }
        var list = HeaderList(count: headers.count)
        for header in headers { list.append(FieldLine(header.name, header.value)) }
        return list
    }
}
