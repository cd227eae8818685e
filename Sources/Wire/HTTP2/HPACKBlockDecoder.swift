import NIOCore
import NIOHPACK
import TapeModel

/// Header compression of one direction (RFC 7541).
///
/// The only file of this target that knows the library's types.
struct HPACKBlockDecoder: Sendable {
    /// A list of this size is what NIO's own servers refuse at, with room for large tokens.
    private static let longestList = 256 * 1024

    /// The name of entries that were put into the table before anybody watched; no field name has this octet.
    private static let unseenName = "?"
    /// A table that may be too large keeps entries longer than its sender does, which nobody refers to any more.
    private static let unseenTable = 64 * 1024

    private var decoder: HPACKDecoder
    private let isJoined: Bool

    /// `isJoined` where the blocks before were not seen: the table is then full of entries that are not known, and a
    /// reference to one of them costs that field and not the block.
    init(isJoined: Bool) {
        self.isJoined = isJoined
        decoder = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: isJoined ? Self.unseenTable : TableSizes.initial,
            maxHeaderListSize: Self.longestList)
        guard isJoined else { return }
        // A literal with indexing (RFC 7541 §6.2.1) of that name and no value, each counted as 33 octets (§4.1).
        let entry: [UInt8] = [0x40, 0x01, UInt8(ascii: "?"), 0x00]
        var block = ByteBuffer()
        for _ in 0..<Self.unseenTable / 33 { block.writeBytes(entry) }
        _ = try? decoder.decodeHeaders(from: &block)
    }

    /// What the receiver of these blocks allows; a smaller table loses its oldest entries at once.
    mutating func allowTable(size: Int) {
        guard !isJoined, decoder.maxDynamicTableLength != size else { return }
        decoder.maxDynamicTableLength = size
    }

    /// The fields of a block, or nothing where it does not decode.
    mutating func decode(_ block: [UInt8]) -> HeaderList? {
        var buffer = ByteBuffer(bytes: block)
        guard let headers = try? decoder.decodeHeaders(from: &buffer) else { return nil }
        var list = HeaderList(count: headers.count)
        for header in headers {
            if isJoined, header.name == Self.unseenName {
                list.appendUnseen()
            } else {
                list.append(FieldLine(header.name, header.value))
            }
        }
        return list
    }
}
