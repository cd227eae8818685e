import Registry

extension FaultRule {
    /// Reads the one-line form: `ACTION[=VALUE][@WHEN] [FILTER]`, such as `cut=1M@2 op:blob.get`.
    ///
    /// WHEN is a number (that request), `N+` (from that one on), `N%` (a share) or `every`, which is what is meant where
    /// it is left out. Sizes take K, M and G of 1024; times take us, ms, s and m.
    /// - Throws: `FaultError`, whose description says what was expected.
    public init(parsing text: String) throws(FaultError) {
        let start = text.drop { $0 == " " || $0 == "\t" }
        let lead = text.count - start.count
        let word = start.prefix { $0 != " " && $0 != "\t" }
        guard !word.isEmpty else { throw FaultError("a fault begins with one of \(Self.words)", at: lead) }
        let parts = word.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let pair = (parts.first ?? word).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = pair.first.map(String.init) ?? ""
        let action = try Self.action(name, pair.count > 1 ? String(pair[1]) : nil, at: lead)
        let occurrence = try parts.count > 1 ? Self.occurrence(String(parts[1]), at: lead + word.count) : .every
        let rest = start.dropFirst(word.count)
        try self.init(action, filter: String(rest), at: lead + word.count, occurrence)
    }

    /// Puts a rule together from words, as a scenario file has them.
    /// - Throws: `FaultError`, whose description says what was expected.
    public init(action: String, value: String?, filter: String, when: String?) throws(FaultError) {
        try self.init(
            Self.action(action, value, at: 0), filter: filter, at: 0,
            when.map { text throws(FaultError) in try Self.occurrence(text, at: 0) } ?? .every)
    }

    /// The words that faults begin with.
    public static let words =
        "delay, bandwidth, cut, flip, wrong-digest, reset, silence, status, 429, expired-token, expired-url, wrong-scheme"

    private init(
        _ action: Action, filter text: String, at offset: Int, _ occurrence: Occurrence
    ) throws(FaultError) {
        let filter: Filter
        do {
            filter = try Filter(text)
        } catch {
            throw FaultError(error.description, at: offset + error.offset)
        }
        guard !filter.asksForFindings else {
            throw FaultError("finding: cannot be asked of a request that has no answer yet", at: offset)
        }
        self.init(action, when: filter, occurrence: occurrence)
    }

    private static func action(_ name: String, _ value: String?, at offset: Int) throws(FaultError) -> Action {
        func needed(_ example: String) -> FaultError {
            FaultError("\(name) needs a value, such as \(name)=\(example)", at: offset)
        }
        switch name {
        case "delay":
            guard let time = value.flatMap(time) else { throw needed("2s") }
            return .delay(time)
        case "bandwidth":
            guard let size = value.flatMap(size), size > 0 else { throw needed("64K") }
            return .bandwidth(size)
        case "cut":
            guard let size = value.flatMap(size) else { throw needed("1M") }
            return .cut(size)
        case "flip":
            guard let place = value == nil ? 0 : value.flatMap(size) else { throw needed("100") }
            return .flip(place)
        case "status":
            guard let value, let status = Int(value.prefix { $0 != "," }), (400...599).contains(status) else {
                throw needed("503 or status=403,DENIED")
            }
            let code = value.drop { $0 != "," }.dropFirst()
            return .status(status, code: code.isEmpty ? defaultCode(status) : String(code))
        case "429":
            guard let seconds = value == nil ? 1 : value.flatMap({ Int($0) }), (0...86_400).contains(seconds) else {
                throw needed("30")
            }
            return .rateLimit(retryAfter: seconds)
        case "expired-url":
            guard let storage = value == nil ? .azure : value.flatMap(Storage.init(rawValue:)) else {
                throw FaultError("expired-url takes azure, s3 or gcs", at: offset)
            }
            return .expiredURL(storage)
        default: break
        }
        let plain: [String: Action] = [
            "wrong-digest": .wrongDigest, "reset": .reset, "silence": .silence, "expired-token": .expiredToken,
            "wrong-scheme": .wrongScheme,
        ]
        guard let action = plain[name] else {
            throw FaultError("there is no fault \"\(name)\"; a fault begins with one of \(words)", at: offset)
        }
        guard value == nil else { throw FaultError("\(name) takes no value", at: offset) }
        return action
    }

    private static func occurrence(_ text: String, at offset: Int) throws(FaultError) -> Occurrence {
        if text == "every" { return .every }
        if text.hasSuffix("%"), let share = Double(text.dropLast()), (0...100).contains(share) {
            return .probability(share / 100)
        }
        if text.hasSuffix("+"), let number = Int(text.dropLast()), number > 0 { return .from(number) }
        if let number = Int(text), number > 0 { return .number(number) }
        throw FaultError("\"\(text)\" does not say when; write 3, 3+, 10% or every", at: offset)
    }

    private static func size(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int64(unit == nil ? text : String(text.dropLast())), number >= 0 else { return nil }
        let (size, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflow ? nil : size
    }

    /// Microseconds; an hour is the longest that anybody waits for.
    private static func time(_ text: String) -> Int64? {
        for (suffix, factor) in [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("m", 6e7)] where text.hasSuffix(suffix) {
            guard let number = Double(text.dropLast(suffix.count)), number >= 0, number * factor <= 3.6e9 else {
                continue
            }
            return Int64(number * factor)
        }
        return nil
    }

    /// What registries say with a status (distribution, error codes).
    static func defaultCode(_ status: Int) -> String {
        switch status {
        case 401: "UNAUTHORIZED"
        case 403: "DENIED"
        case 404: "NOT_FOUND"
        case 405: "UNSUPPORTED"
        case 413: "SIZE_INVALID"
        case 416: "RANGE_INVALID"
        case 429: "TOOMANYREQUESTS"
        case 500: "UNKNOWN"
        case 502, 503, 504: "UNAVAILABLE"
        default: "UNKNOWN"
        }
    }
}
