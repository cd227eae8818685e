/// The checksum that ends each line of a tape: CRC-32C, Castagnoli's polynomial as in RFC 3720 §12.1.
///
/// It finds torn and rotten lines, not forged ones. Sixteen octets a step with sixteen tables: a step waits for the sum of
/// the one before, so what it takes in beside that is nearly free.
public struct CRC32C: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    public init() {}

    public var value: UInt32 { ~state }

    /// The sum of `bytes` alone.
    public static func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(buffer: $0) }
        guard done == nil else { return }
        for octet in bytes { step(octet) }
    }

    private mutating func update(buffer: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(buffer)
        var index = 0
        Self.tables.withUnsafeBufferPointer { table in
            var crc = state
            while index + 16 <= raw.count {
                let first =
                    UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
                let second = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self))
                crc = Self.folded(first, table, 8) ^ Self.folded(second, table, 0)
                index += 16
            }
            state = crc
        }
        while index < raw.count {
            step(raw[index])
            index += 1
        }
    }

    /// The sum of eight octets with `behind` zero octets after them.
    @inline(__always)
    private static func folded(_ word: UInt64, _ table: UnsafeBufferPointer<UInt32>, _ behind: Int) -> UInt32 {
        var sum: UInt32 = 0
        for lane in 0..<8 {
            sum ^= table[(7 - lane + behind) * 256 + Int(truncatingIfNeeded: word >> UInt64(lane * 8) & 0xFF)]
        }
        return sum
    }

    private mutating func step(_ octet: UInt8) {
        state = Self.tables[Int(UInt8(truncatingIfNeeded: state) ^ octet)] ^ (state >> 8)
    }

    /// Sixteen tables of 256: entry `k * 256 + n` is octet `n` followed by `k` zero octets.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for octet in 0..<256 {
            var crc = UInt32(octet)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0x82F6_3B78 ^ (crc >> 1) : crc >> 1 }
            tables[octet] = crc
        }
        for index in 256..<(16 * 256) {
            let previous = tables[index - 256]
            tables[index] = tables[Int(previous & 0xFF)] ^ (previous >> 8)
        }
        return tables
    }()
}
