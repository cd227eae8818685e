import TapeModel

// Notes that only we write: a mistake in one is an error, because a fixture would silently say less than it seems to.

extension TranscriptNote {
    static func own(_ text: String) throws(TranscriptNoteError) -> TranscriptNote? {
        let words = text.split(separator: " ")
        switch words.first {
        case "at" where words.count == 2 && words[1].first?.isNumber == true:
            guard let instant = Instant(timestamp: String(words[1])) else {
                throw TranscriptNoteError(detail: "'\(words[1])' is no time such as 2026-11-23T10:00:00Z")
            }
            return .at(instant)
        case "took" where words.count == 3:
            guard words[2] == "ms", let milliseconds = Int64(words[1]), (0...1_000_000_000).contains(milliseconds)
            else {
                throw TranscriptNoteError(detail: "a duration is written as '* took 1500 ms'")
            }
            return .took(milliseconds * 1000)
        case "exchange": return exchange(text)
        case "dns": return timing(text)
        case "failed":
            guard let (inside, sentence) = parenthesis(text, after: "failed (") else { return nil }
            return .failed(try error(inside, sentence))
        case "connection" where text.contains(" failed ("):
            return try connectionFailed(text)
        case "closed" where words.count >= 3 && words[1] == "by":
            guard let closer = ConnectionEnd.Closer(rawValue: String(words[2])) else {
                throw TranscriptNoteError(detail: "a connection is closed by client, server or recorder")
            }
            guard let (inside, sentence) = parenthesis(text, after: "closed by \(words[2]) (") else {
                return .closed(closer, nil)
            }
            return .closed(closer, try error(inside, sentence))
        case "anomaly":
            guard let (inside, sentence) = parenthesis(text, after: "anomaly ("), inside.count == 2,
                let side = Side(rawValue: inside[0])
            else { throw TranscriptNoteError(detail: "an anomaly is written as '* anomaly (server, CODE): SENTENCE'") }
            return .anomaly(side, code: inside[1], detail: sentence)
        case "seen" where text == "seen by capture": return .captured
        case "packets" where text.hasPrefix("packets of "): return try packets(text)
        case "TLS" where text.hasPrefix("TLS versions offered: "):
            return .versionsOffered(list(text.dropFirst("TLS versions offered: ".count)))
        case "content" where text.hasPrefix("content has sha256:"):
            let hex = text.dropFirst("content has sha256:".count)
            guard hex.utf8.count == 64, hex.allSatisfy(\.isHexDigit) else {
                throw TranscriptNoteError(
                    detail: "a digest is written as '* content has sha256:' and 64 hexadecimal digits")
            }
            return .digest(String(hex))
        default:
            guard words.count >= 4, words[1] == "octets", words[2] == "of", words[3].hasPrefix("content"),
                let count = Int64(words[0]), (0..<Int64(1) << 53).contains(count)
            else { return nil }
            return .octets(count)
        }
    }

    static func list(_ text: Substring) -> [String] {
        text.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }

    private static func exchange(_ text: String) -> TranscriptNote? {
        let parts = list(text[...])
        func number(_ index: Int, _ word: String) -> Int64? {
            guard index < parts.count, parts[index].hasPrefix(word + " ") else { return nil }
            return Int64(parts[index].dropFirst(word.count + 1))
        }
        // Numbers beyond those that JSON carries are no places on a tape (RFC 8259 §6).
        guard let seq = number(0, "exchange"), (0..<Int64(1) << 53).contains(seq),
            let connection = number(1, "connection"), (0...Int64(Int32.max)).contains(connection),
            let last = parts.last, let started = Instant(timestamp: last)
        else { return nil }
        return .exchange(
            seq: seq, connection: Int(connection), stream: number(2, "stream").map { Int(clamping: $0) },
            started: started)
    }

    private static func timing(_ text: String) -> TranscriptNote? {
        guard text.hasSuffix(" microseconds") else { return nil }
        var timing = Timing()
        for part in list(text.dropLast(" microseconds".count)) {
            let words = part.split(separator: " ")
            guard words.count == 2, let value = Int64(words[1]), (0...Int64(1) << 48).contains(value) else {
                return nil
            }
            switch words[0] {
            case "dns": timing.dns = value
            case "connect": timing.connect = value
            case "tls": timing.tls = value
            case "send": timing.send = value
            case "wait": timing.wait = value
            case "receive": timing.receive = value
            default: return nil
            }
        }
        return .timing(timing)
    }

    private static func packets(_ text: String) throws(TranscriptNoteError) -> TranscriptNote {
        let names = ["segments", "retransmitted", "out of order", "zero windows", "octets missing"]
        let parts = text.dropFirst("packets of ".count).split(separator: ":", maxSplits: 1)
        let figures = parts.count == 2 ? list(parts[1]) : []
        var counts: [Int64] = []
        for (figure, name) in zip(figures, names) where figure.hasSuffix(" " + name) {
            if let count = Int64(figure.dropLast(name.count + 1)), (0..<Int64(1) << 53).contains(count) {
                counts.append(count)
            }
        }
        guard let side = parts.first.flatMap({ Side(rawValue: String($0)) }), figures.count == names.count,
            counts.count == names.count
        else {
            throw TranscriptNoteError(
                detail: "packets are counted as '* packets of server: 9 segments, 0 retransmitted, 0 out of order, "
                    + "0 zero windows, 0 octets missing'")
        }
        return .packets(
            side,
            PacketCounts.Direction(
                segments: Int(counts[0]), retransmitted: Int(counts[1]), outOfOrder: Int(counts[2]),
                zeroWindows: Int(counts[3]), missing: counts[4]))
    }

    private static func connectionFailed(_ text: String) throws(TranscriptNoteError) -> TranscriptNote? {
        let words = text.split(separator: " ")
        guard words.count > 3, words[1] == "to", words[3] == "failed",
            let (inside, sentence) = parenthesis(text, after: "connection to \(words[2]) failed (")
        else { return nil }
        return .connectionFailed(authority: String(words[2]), try error(inside, sentence))
    }

    /// `A, B): sentence` behind `prefix`.
    private static func parenthesis(_ text: String, after prefix: String) -> (inside: [String], sentence: String)? {
        guard text.hasPrefix(prefix) else { return nil }
        let rest = text.dropFirst(prefix.count)
        guard let end = rest.firstIndex(of: ")") else { return nil }
        let sentence = rest[rest.index(after: end)...].drop { $0 == ":" || $0 == " " }
        return (list(rest[..<end]), String(sentence))
    }

    private static func error(_ inside: [String], _ sentence: String) throws(TranscriptNoteError) -> ExchangeError {
        guard inside.count == 2, let party = Party(rawValue: inside[0]) else {
            throw TranscriptNoteError(
                detail: "a failure is written as '(PARTY, CODE): SENTENCE', where the party is one of "
                    + Party.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return ExchangeError(party: party, code: inside[1], detail: sentence)
    }
}
