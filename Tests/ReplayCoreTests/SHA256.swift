/// SHA-256 (FIPS 180-4) in the plainest way: the core under test hashes nothing, so its tests have to.
struct SHA256 {
    private static let rounds: [UInt32] = primes(64).map { fraction($0, cubeRoot) }
    private var state: [UInt32] = primes(8).map { fraction($0, squareRoot) }
    private var block: [UInt8] = []
    private var length: UInt64 = 0

    mutating func update(_ octets: [UInt8]) {
        length += UInt64(octets.count)
        for octet in octets { push(octet) }
    }

    /// The digest of everything so far, as hexadecimal; more may follow.
    var hex: String {
        var copy = self
        let bits = length * 8
        copy.push(0x80)
        while copy.block.count != 56 { copy.push(0) }
        for shift in stride(from: 56, through: 0, by: -8) { copy.push(UInt8(bits >> UInt64(shift) & 0xFF)) }
        return copy.state.map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    static func hex(_ octets: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(octets)
        return hash.hex
    }

    private mutating func push(_ octet: UInt8) {
        block.append(octet)
        guard block.count == 64 else { return }
        var words = stride(from: 0, to: 64, by: 4).map { place in
            block[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for place in 16..<64 {
            let (a, b) = (words[place - 15], words[place - 2])
            let small = a.rotated(7) ^ a.rotated(18) ^ a >> 3
            words.append(words[place - 16] &+ small &+ words[place - 7] &+ (b.rotated(17) ^ b.rotated(19) ^ b >> 10))
        }
        var s = state
        for place in 0..<64 {
            let choice = s[4] & s[5] ^ ~s[4] & s[6]
            let first =
                s[7] &+ (s[4].rotated(6) ^ s[4].rotated(11) ^ s[4].rotated(25)) &+ choice &+ Self.rounds[place]
                &+ words[place]
            let majority = s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]
            let second = (s[0].rotated(2) ^ s[0].rotated(13) ^ s[0].rotated(22)) &+ majority
            s = [first &+ second, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
        }
        state = zip(state, s).map { $0 &+ $1 }
        block = []
    }

    private static func primes(_ count: Int) -> [UInt64] {
        Array((2...).lazy.filter { number in !(2..<number).contains { number % $0 == 0 } }.prefix(count)).map {
            UInt64($0)
        }
    }

    /// The first 32 bits of the fraction of a root, found bit by bit so that nothing is rounded.
    private static func fraction(_ number: UInt64, _ isBelow: (UInt64, UInt64) -> Bool) -> UInt32 {
        var root: UInt64 = 0
        for bit in (0..<36).reversed() where isBelow(root | 1 << UInt64(bit), number) { root |= 1 << UInt64(bit) }
        return UInt32(truncatingIfNeeded: root)
    }

    private static func squareRoot(_ root: UInt64, _ number: UInt64) -> Bool {
        let (high, low) = root.multipliedFullWidth(by: root)
        return high < number || high == number && low == 0
    }

    private static func cubeRoot(_ root: UInt64, _ number: UInt64) -> Bool {
        // root³ / 2^96 against number, in 128 bits: roots have 36 bits, so a cube has 108.
        let cube = UInt128(root) * UInt128(root) * UInt128(root)
        return cube <= UInt128(number) << 96
    }
}

extension UInt32 {
    fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
