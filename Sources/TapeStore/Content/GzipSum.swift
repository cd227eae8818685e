/// The check sum and length at the end of gzip (RFC 1952 §2.3.1, §8), which libarchive passes over.
///
/// A changed octet most often breaks the coding and is found there; one in a stretch that could not be compressed does not.
struct GzipSum {
    private var state: UInt32 = .max
    /// Octets, modulo 2^32 as the format has it.
    private var length: UInt32 = 0

    /// Eight octets at a time: the sum must not be what is slow beside unpacking.
    private static let tables: [UInt32] = {
        var tables = (0..<256 as Range<UInt32>).map { index in
            (0..<8).reduce(index) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()

    mutating func update(_ octets: UnsafeRawBufferPointer) {
        length &+= UInt32(truncatingIfNeeded: octets.count)
        state = Self.tables.withUnsafeBufferPointer { tables in
            var sum = state
            var index = 0
            while octets.count - index >= 8 {
                let word =
                    UInt64(littleEndian: octets.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(sum)
                sum = 0
                for place in 0..<8 {
                    sum ^= tables[(7 - place) * 256 + Int(truncatingIfNeeded: word >> (8 * UInt64(place)) & 0xFF)]
                }
                index += 8
            }
            while index < octets.count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(octets[index])) & 0xFF)]
                index += 1
            }
            return sum
        }
    }

    /// Whether the last eight octets of a member contradict what came out.
    ///
    /// They speak of their own member only: where several followed one another, as their length shows, nothing is said.
    func isContradicted(by trailer: [UInt8]) -> Bool {
        guard trailer.count == 8 else { return false }
        func number(_ start: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(trailer[start + $1]) << (8 * UInt32($1)) }
        }
        return number(4) == length && number(0) != ~state
    }
}
