/// The secrets of a key log in the NSS format (draft-ietf-tls-keylogfile), read as it grows.
///
/// Pieces may be cut anywhere, and several logs may follow one another. What is not understood is skipped.
public struct KeyLogSecrets: Sendable {
    public enum Label: String, Sendable, Hashable, CaseIterable {
        /// The master secret of TLS 1.2 and before.
        case clientRandom = "CLIENT_RANDOM"
        case clientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
        case serverHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
        case clientTraffic = "CLIENT_TRAFFIC_SECRET_0"
        case serverTraffic = "SERVER_TRAFFIC_SECRET_0"
        case clientEarly = "CLIENT_EARLY_TRAFFIC_SECRET"
    }

    private struct Key: Hashable {
        var label: Label
        var random: [UInt8]
    }

    /// A longer line holds none of the labels: the longest of them needs 196 octets.
    private static let longestLine = 512
    /// Secrets kept before the older half is forgotten: some 20 MiB, and days of handshakes.
    private static let capacity = 100_000

    /// Grows with every secret that is new.
    public private(set) var generation = 0
    /// Whether the log will not grow any more, so that nobody need wait for a line that is not there.
    public var isComplete: Bool

    private var recent: [Key: [UInt8]] = [:]
    private var older: [Key: [UInt8]] = [:]
    private var line: [UInt8] = []
    private var isLineTooLong = false

    public init(isComplete: Bool = false) { self.isComplete = isComplete }

    /// Reads more of a log; a last line without its end is kept until the rest comes.
    ///
    /// Gives the client randoms of the handshakes that secrets are new of.
    @discardableResult
    public mutating func append(_ octets: Span<UInt8>) -> Set<[UInt8]> {
        var news: Set<[UInt8]> = []
        for index in octets.indices {
            let octet = octets[index]
            if octet == 0x0A || octet == 0x0D {
                if let random = takeLine() { news.insert(random) }
            } else if line.count < Self.longestLine {
                line.append(octet)
            } else {
                isLineTooLong = true
            }
        }
        return news
    }

    /// Ends a log whose last line has no line end.
    public mutating func endLine() { _ = takeLine() }

    /// The client random of a line that is new.
    private mutating func takeLine() -> [UInt8]? {
        defer {
            line.removeAll(keepingCapacity: true)
            isLineTooLong = false
        }
        return isLineTooLong || line.isEmpty ? nil : read(line)
    }

    public func secret(_ label: Label, clientRandom: [UInt8]) -> [UInt8]? {
        let key = Key(label: label, random: clientRandom)
        return recent[key] ?? older[key]
    }

    private mutating func read(_ line: [UInt8]) -> [UInt8]? {
        let words = line.split(separator: 0x20)
        guard words.count == 3, let label = Label(rawValue: String(decoding: words[0], as: UTF8.self)),
            let random = Self.octets(words[1]), random.count == 32,
            let secret = Self.octets(words[2]), (32...64).contains(secret.count)
        else { return nil }
        let key = Key(label: label, random: random)
        guard self.secret(label, clientRandom: random) != secret else { return nil }
        if recent.count >= Self.capacity {
            older = recent
            recent = [:]
        }
        recent[key] = secret
        generation += 1
        return random
    }

    private static func octets(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var octets: [UInt8] = []
        var high: UInt8?
        for character in text {
            let digit: UInt8
            switch character {
            case 0x30...0x39: digit = character - 0x30
            case 0x41...0x46: digit = character - 0x37
            case 0x61...0x66: digit = character - 0x57
            default: return nil
            }
            if let first = high {
                octets.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return octets
    }
}
