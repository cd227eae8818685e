import TapeModel

/// Moves the times in a signed URL, so that a client that looks at them sees a fresh one (REGISTRY-FACTS.md §3.2).
///
/// Everything else stands as it was written, in its order: nobody checks the signature.
enum SignatureClock {
    static func moved(_ url: String, by shift: TimeShift) -> String {
        guard url.utf8.count <= longest, let mark = url.firstIndex(of: "?") else { return url }
        let query = url[url.index(after: mark)...]
        let end = query.firstIndex(of: "#") ?? query.endIndex
        let parameters = query[..<end].split(separator: "&", omittingEmptySubsequences: false).map { pair in
            guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
            let name = String(pair[..<equals])
            let value = String(pair[pair.index(after: equals)...])
            return name + "=" + (moved(name.lowercasedASCII, value, shift) ?? value)
        }
        return String(url[...mark]) + parameters.joined(separator: "&") + String(query[end...])
    }

    private static let longest = 65_536

    private static func moved(_ name: String, _ value: String, _ shift: TimeShift) -> String? {
        switch name {
        case "se", "ske": azure(value, shift, roundsUp: true)
        case "st", "skt": azure(value, shift, roundsUp: false)
        case "x-amz-date", "x-goog-date": compact(value, shift)
        case "expires": shift.moved(epoch: value)
        case "verify": verify(value, shift)
        case "akamai_signature", "hdnts", "__token__": akamai(value, shift)
        default: nil
        }
    }

    /// A date, a date with minutes, or a date with seconds; colons percent-encoded or not.
    private static func azure(_ value: String, _ shift: TimeShift, roundsUp: Bool) -> String? {
        let encodings = ["%3A", "%3a"].filter { value.contains($0) }
        var text = value
        for encoding in encodings { text = parts(text, encoding).joined(separator: ":") }
        let length = text.utf8.count
        let full: String
        let kept: Int
        let step: Int64
        switch length {
        case 10: (full, kept, step) = (text + "T00:00:00Z", 10, 86_400_000_000)
        case 17 where text.hasSuffix("Z"): (full, kept, step) = (text.dropLast() + ":00Z", 16, 60_000_000)
        default: (full, kept, step) = (text, 19, 0)
        }
        guard let instant = Instant(timestamp: full) else { return nil }
        var moved = shift.moved(instant)
        if roundsUp {
            moved = Instant(microseconds: moved.microseconds.addingReportingOverflow(step).partialValue)
        }
        let result = String(moved.timestamp.prefix(kept)) + (length == 10 ? "" : "Z")
        guard let encoding = encodings.first else { return result }
        return result.split(separator: ":").joined(separator: encoding)
    }

    private static func parts(_ text: String, _ separator: String) -> [String] {
        var result: [String] = []
        var rest = Substring(text)
        while let range = rest.firstRange(of: separator) {
            result.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return result + [String(rest)]
    }

    /// `20261123T100715Z`.
    private static func compact(_ value: String, _ shift: TimeShift) -> String? {
        let octets = Array(value.utf8)
        guard octets.count == 16, octets[8] == 0x54 else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: octets[range], as: UTF8.self) }
        let text =
            "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
        guard let instant = Instant(timestamp: text) else { return nil }
        return shift.moved(instant).timestamp.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// `<epoch>-<mac>`.
    private static func verify(_ value: String, _ shift: TimeShift) -> String? {
        guard let dash = value.firstIndex(of: "-"), let moved = shift.moved(epoch: value[..<dash]) else { return nil }
        return moved + value[dash...]
    }

    /// `exp=…~st=…~hmac=…`, whose equals signs may be percent-encoded.
    private static func akamai(_ value: String, _ shift: TimeShift) -> String? {
        value.split(separator: "~", omittingEmptySubsequences: false).map { part in
            for name in ["exp=", "st=", "exp%3D", "st%3D", "exp%3d", "st%3d"] where part.hasPrefix(name) {
                return shift.moved(epoch: part.dropFirst(name.count)).map { name + $0 } ?? String(part)
            }
            return String(part)
        }.joined(separator: "~")
    }
}
