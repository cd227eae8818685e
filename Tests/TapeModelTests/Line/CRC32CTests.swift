import TapeModel
import Testing

/// RFC 3720 §B.4, and the customary check value.
private let vectors: [([UInt8], UInt32)] = [
    ([UInt8]("123456789".utf8), 0xE306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
    ([], 0),
]

@Test(arguments: vectors)
func `the sum is CRC-32C`(bytes: [UInt8], sum: UInt32) {
    #expect(CRC32C.sum(bytes) == sum)
}

@Test func `the sum does not depend on how the octets are cut`() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for cut in 0...bytes.count {
        var crc = CRC32C()
        crc.update(bytes[..<cut])
        crc.update(bytes[cut...])
        #expect(crc.value == CRC32C.sum(bytes))
    }
}
