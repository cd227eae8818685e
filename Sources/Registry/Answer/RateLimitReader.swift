import TapeModel

extension RateLimit {
    /// Reads `RateLimit-*` as Docker Hub sends them, `100;w=21600`, and `Retry-After`; nothing where none is there.
    ///
    /// `now` is when the answer was given: by its own `Date`, else by the tape's clock.
    init?(_ fields: [FieldLine], now: Instant) {
        let limit = fields.first("ratelimit-limit") ?? fields.first("x-ratelimit-limit")
        let remaining = fields.first("ratelimit-remaining") ?? fields.first("x-ratelimit-remaining")
        let retry = fields.first("retry-after")
        let source = fields.first("docker-ratelimit-source")
        guard limit != nil || remaining != nil || retry != nil || source != nil else { return nil }
        self.limit = limit.flatMap(Self.number)
        self.remaining = remaining.flatMap(Self.number)
        window = limit.flatMap(Self.window) ?? remaining.flatMap(Self.window)
        retryAfter = retry.flatMap { Self.seconds($0, now) }
        self.source = source
    }

    /// The Hub has sent `;w=21600` without a number (hub-feedback#2081).
    private static func number(_ text: String) -> Int? {
        Int(String(text.prefix(64).prefix { $0 != ";" && $0 != "," }).trimmingBlanks)
    }

    private static func window(_ text: String) -> Int? {
        for part in text.prefix(256).split(separator: ";") {
            let part = String(part).trimmingBlanks
            if part.hasPrefix("w=") { return Int(part.dropFirst(2)) }
        }
        return nil
    }

    private static func seconds(_ text: String, _ now: Instant) -> Int? {
        if let seconds = Int(text.trimmingBlanks) { return max(0, seconds) }
        return Instant(httpDate: text).map { Int($0.microseconds(since: now) / 1_000_000) }
    }
}
