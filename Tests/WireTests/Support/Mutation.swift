import TestSupport

/// Damages a conversation as networks, bugs and attackers do; the same seed damages it in the same way.
struct Mutation {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Octets that matter to one of the grammars.
    private static let words: [[UInt8]] =
        [
            "\r\n", "\n", "\r", "\r\n\r\n", ":", " ", "\0", ",", ";", "0\r\n\r\n", "Content-Length: 5\r\n",
            "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n", "GET / HTTP/1.1\r\nHost: r\r\n\r\n", "HEAD",
            "CONNECT",
            "FFFFFFFFFFFFFFF\r\n", "101", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ].map { Array($0.utf8) } + [
            [0, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88],
            [0xFF, 0xFF, 0xFF],
            [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8], [0x3F, 0xE1, 0x1F], [0xBE, 0xBF], [0, 0, 0, 9, 4, 0, 0, 0, 1],
        ]

    mutating func apply(to steps: [Step], donor: [Step]) -> [Step] {
        var steps = steps
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard let place = steps.indices.randomElement(using: &random) else { break }
            switch Int.random(in: 0..<12, using: &random) {
            case 0: steps.swapAt(place, steps.indices.randomElement(using: &random) ?? place)
            case 1: steps.remove(at: place)
            case 2: steps.insert(Bool.random(using: &random) ? .clientEnds : .serverEnds, at: place)
            case 3: steps.insert(donor.randomElement(using: &random) ?? .clientEnds, at: place)
            default:
                switch steps[place] {
                case .client(let octets): steps[place] = .client(damaged(octets))
                case .server(let octets): steps[place] = .server(damaged(octets))
                case .clientEnds, .serverEnds: break
                }
            }
        }
        return steps
    }

    mutating func cuts(of count: Int) -> [Int] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    private mutating func damaged(_ octets: [UInt8]) -> [UInt8] {
        var octets = octets
        let place = Int.random(in: 0...octets.count, using: &random)
        let end = min(octets.count, place + Int.random(in: 1...16, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: octets.removeSubrange(place..<end)
        case 1: octets.insert(contentsOf: octets[place..<end], at: place)
        case 2: octets.insert(contentsOf: Self.words.randomElement(using: &random) ?? [], at: place)
        case 3: octets.replaceSubrange(place..<end, with: Self.words.randomElement(using: &random) ?? [])
        case 4: octets.removeLast(octets.count - place)
        case 5 where place < octets.count: octets[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        default: if place < octets.count { octets[place] = UInt8.random(in: 0...255, using: &random) }
        }
        return octets
    }
}
