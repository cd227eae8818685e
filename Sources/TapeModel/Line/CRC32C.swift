/// The checksum that ends each line of a tape: CRC-32C, Castagnoli's polynomial as in RFC 3720 §12.1.
///
/// It finds torn and rotten lines, not forged ones. Eight octets a step with eight tables: one table alone would be
/// the slowest part of writing a record.
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
            while index + 8 <= raw.count {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
                crc = 0
                for lane in 0..<8 {
                    let octet = Int(truncatingIfNeeded: word >> UInt64(lane * 8) & 0xFF)
                    crc ^= table[(7 - lane) * 256 + octet]
                }
                index += 8
            }
            state = crc
        }
        while index < raw.count {
            step(raw[index])
            index += 1
        }
    }

    private mutating func step(_ octet: UInt8) {
        state = Self.tables[Int(UInt8(truncatingIfNeeded: state) ^ octet)] ^ (state >> 8)
    }

    /// Eight tables of 256: entry `k * 256 + n` is octet `n` followed by `k` zero octets.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for octet in 0..<256 {
            var crc = UInt32(octet)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0x82F6_3B78 ^ (crc >> 1) : crc >> 1 }
            tables[octet] = crc
        }
        for index in 256..<(8 * 256) {
            let previous = tables[index - 256]
            tables[index] = tables[Int(previous & 0xFF)] ^ (previous >> 8)
        }
        return tables
    }()
}
