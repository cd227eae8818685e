/// Undoes DEFLATE (RFC 1951) within a limit, for content that somebody may have made to burst its reader.
///
/// A bit at a time is slow and short; it is asked about error answers and manifests, which are small.
struct Inflate {
    enum Failure: Error, Hashable {
        case cutOff
        case malformed
        /// More octets come out than the caller wants.
        case tooLong
    }

    private let input: ArraySlice<UInt8>
    private var position: Int
    private var bits: UInt32 = 0
    private var available = 0
    private let limit: Int
    private(set) var output: [UInt8] = []

    init(_ input: ArraySlice<UInt8>, limit: Int) {
        self.input = input
        self.position = input.startIndex
        self.limit = limit
    }

    /// Octets of the input behind the last block, once `run` has returned.
    var rest: ArraySlice<UInt8> { input[position...] }

    mutating func run() throws(Failure) {
        while true {
            let isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try compressed(Self.fixedLengths, Self.fixedDistances)
            case 2:
                let (lengths, distances) = try tables()
                try compressed(lengths, distances)
            default: throw .malformed
            }
            if isLast { return }
        }
    }

    // MARK: Blocks

    private mutating func stored() throws(Failure) {
        (bits, available) = (0, 0)
        let length = Int(try take(16))
        guard Int(try take(16)) == length ^ 0xFFFF else { throw .malformed }
        guard input.endIndex - position >= length else { throw .cutOff }
        guard output.count + length <= limit else { throw .tooLong }
        output += input[position..<(position + length)]
        position += length
    }

    private mutating func compressed(_ lengths: PrefixCode, _ distances: PrefixCode) throws(Failure) {
        while true {
            let symbol = try decode(lengths)
            if symbol < 256 {
                guard output.count < limit else { throw .tooLong }
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard Self.lengthBases.indices.contains(symbol - 257) else { throw .malformed }
            let length = Self.lengthBases[symbol - 257] + Int(try take(Self.lengthBits[symbol - 257]))
            let code = try decode(distances)
            guard Self.distanceBases.indices.contains(code) else { throw .malformed }
            let distance = Self.distanceBases[code] + Int(try take(max(0, code / 2 - 1)))
            guard distance <= output.count else { throw .malformed }
            guard output.count + length <= limit else { throw .tooLong }
            // It may overlap with what it makes: octet by octet (§3.2.3).
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    /// The codes of a block that brings its own (§3.2.7).
    private mutating func tables() throws(Failure) -> (PrefixCode, PrefixCode) {
        let literals = Int(try take(5)) + 257
        let distances = Int(try take(5)) + 1
        let count = Int(try take(4)) + 4
        var codeLengths = [Int](repeating: 0, count: 19)
        for index in Self.codeOrder.prefix(count) { codeLengths[index] = Int(try take(3)) }
        let code = PrefixCode(codeLengths)
        var lengths: [Int] = []
        while lengths.count < literals + distances {
            switch try decode(code) {
            case let length where length < 16: lengths.append(length)
            case 16:
                guard let last = lengths.last else { throw .malformed }
                lengths += Array(repeating: last, count: Int(try take(2)) + 3)
            case 17: lengths += Array(repeating: 0, count: Int(try take(3)) + 3)
            default: lengths += Array(repeating: 0, count: Int(try take(7)) + 11)
            }
        }
        guard lengths.count == literals + distances else { throw .malformed }
        return (PrefixCode(Array(lengths[..<literals])), PrefixCode(Array(lengths[literals...])))
    }

    // MARK: Bits

    private mutating func take(_ count: Int) throws(Failure) -> UInt32 {
        while available < count {
            guard position < input.endIndex else { throw .cutOff }
            bits |= UInt32(input[position]) << UInt32(available)
            position += 1
            available += 8
        }
        let value = bits & (1 << UInt32(count) - 1)
        bits >>= UInt32(count)
        available -= count
        return value
    }

    private mutating func decode(_ code: PrefixCode) throws(Failure) -> Int {
        var walk = PrefixCode.Walk()
        for length in 1..<16 {
            if let symbol = code.step(&walk, bit: Int(try take(1)), length: length) { return symbol }
        }
        throw .malformed
    }

    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577,
    ]
    private static let fixedLengths = PrefixCode(
        (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    private static let fixedDistances = PrefixCode(Array(repeating: 5, count: 30))
}

/// A canonical prefix code by the lengths of its words (RFC 1951 §3.2.2).
struct PrefixCode: Sendable {
    /// Where in the code a word that is being read stands.
    struct Walk {
        var word = 0
        var first = 0
        var index = 0
    }

    /// How many words there are of each length.
    private var counts = [Int](repeating: 0, count: 16)
    /// Symbols in order of their words.
    private var symbols: [Int] = []

    init(_ lengths: [Int]) {
        for length in lengths where length > 0 { counts[min(length, 15)] += 1 }
        for length in 1..<16 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    /// The symbol whose word ends with this bit, if one does.
    func step(_ walk: inout Walk, bit: Int, length: Int) -> Int? {
        walk.word |= bit
        let count = counts[length]
        let place = walk.word - walk.first
        if place < count, place >= 0, symbols.indices.contains(walk.index + place) {
            return symbols[walk.index + place]
        }
        walk.index += count
        walk.first = (walk.first + count) << 1
        walk.word <<= 1
        return nil
    }
}
