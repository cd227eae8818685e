/// SHA-256 (FIPS 180-4), for one purpose: the page names the hash of its own style sheet in its security policy.
///
/// Report is pure and knows no cryptography package; a hash that is computed cannot become stale as one that is written
/// down would. Never used for anything secret or large.
enum SHA256 {
    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
        ]
        for block in blocks(message) { absorb(block, into: &state) }
        return state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    /// The hash as Content-Security-Policy names it.
    static func base64(_ message: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let octets = hash(message)
        var text = ""
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                text.append(position > group.count ? "=" : alphabet[Int(bits >> UInt32(18 - 6 * position) & 63)])
            }
        }
        return text
    }

    /// The message, a one bit, zeros, and the length in bits, in blocks of sixteen words (§5.1.1).
    private static func blocks(_ message: [UInt8]) -> [[UInt32]] {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(message.count) &* 8
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        return stride(from: 0, to: padded.count, by: 64).map { start in
            stride(from: start, to: start + 64, by: 4).map { index in
                padded[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
    }

    private static func absorb(_ block: [UInt32], into state: inout [UInt32]) {
        func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
        var schedule = block
        for index in 16..<64 {
            let (early, late) = (schedule[index - 15], schedule[index - 2])
            let first = rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)
            let second = rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10)
            schedule.append(schedule[index - 16] &+ first &+ schedule[index - 7] &+ second)
        }
        var work = state
        for index in 0..<64 {
            let (a, e) = (work[0], work[4])
            let choice = (e & work[5]) ^ (~e & work[6])
            let majority = (a & work[1]) ^ (a & work[2]) ^ (work[1] & work[2])
            let first =
                work[7] &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ choice &+ constants[index]
                &+ schedule[index]
            let second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ majority
            work = [first &+ second, a, work[1], work[2], work[3] &+ first, e, work[5], work[6]]
        }
        for index in state.indices { state[index] &+= work[index] }
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2), computed: cube roots
    /// of numbers below 312 are exact to more than 32 bits in integers of 128.
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The greatest r with r³ ≤ prime · 2⁹⁶ is the cube root with 32 bits of fraction.
            let target = UInt128(prime) << 96
            var root: UInt128 = 0
            for bit in stride(from: 35, through: 0, by: -1) {
                let trial = root | UInt128(1) << UInt128(bit)
                if trial * trial * trial <= target { root = trial }
            }
            return UInt32(truncatingIfNeeded: root)
        }
    }()
}
