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

@Test func `the sum is that of the polynomial, whatever the length`() {
    // Bit after bit, as RFC 3720 §12.1 defines it.
    func plain(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32(0xFFFF_FFFF)) { sum, octet in
            (0..<8).reduce(sum ^ UInt32(octet)) { sum, _ in sum & 1 == 1 ? 0x82F6_3B78 ^ (sum >> 1) : sum >> 1 }
        }
    }
    let bytes = (0..<80).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 3) }
    for length in bytes.indices { #expect(CRC32C.sum(bytes[..<length]) == plain(bytes[..<length])) }
}
