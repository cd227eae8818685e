import TapeModel

/// One term of a filter: what is looked at, and the values of which one must fit.
struct FilterTerm: Sendable, Hashable {
    enum Key: String, Sendable, Hashable, CaseIterable {
        case host, method, status, op, url, path, repo, ref, digest, client, type, version, role, error, party, finding
        case seq, connection, workflow, sent, size, duration
    }

    enum Value: Sendable, Hashable {
        case pattern(String)
        case contains(String)
        case range(ClosedRange<Int64>)
    }

    let key: Key
    let values: [Value]

    init(key: Key, values: [Value]) {
        self.key = key
        self.values = values
    }

    init(_ word: String, at offset: Int) throws(FilterError) {
        guard let colon = word.firstIndex(of: ":"), !word.hasPrefix("http:"), !word.hasPrefix("https:"),
            !word.hasPrefix("sha256:")
        else {
            self.init(key: .url, values: [word.contains("*") ? .pattern("*\(word)*") : .contains(word)])
            return
        }
        let name = word[..<colon].lowercased()
        guard let key = Key(rawValue: name) else {
            throw FilterError(
                "there is no key \"\(name)\"; the keys are \(Key.allCases.map(\.rawValue).joined(separator: ", "))",
                at: offset)
        }
        let text = word[word.index(after: colon)...]
        guard !text.isEmpty else { throw FilterError("\(name): needs a value", at: offset) }
        var values: [Value] = []
        for part in text.split(separator: ",") {
            values.append(try Self.value(String(part), of: key, at: offset))
        }
        self.init(key: key, values: values)
    }

    func matches(_ subject: FilterSubject) -> Bool {
        switch key {
        case .status: subject.status.map { fits(Int64($0)) } ?? false
        case .seq: fits(subject.seq)
        case .connection: fits(Int64(subject.connection))
        case .workflow: subject.workflow.map { fits(Int64($0)) } ?? false
        case .sent: fits(subject.requestBytes)
        case .size: fits(subject.responseBytes)
        case .duration: fits(subject.duration / 1_000)
        case .host: fits(subject.authority) || fits(hostAlone(subject.authority))
        case .method: fits(subject.method)
        case .op: fits(subject.operation.endpoint.rawValue)
        case .url: fits(subject.url)
        case .path: fits(subject.path)
        case .repo: fits(subject.operation.repository)
        case .ref: fits(subject.operation.reference?.description)
        case .digest: fits(subject.operation.digest?.description)
        case .client: fits(subject.client)
        case .type: fits(subject.contentType)
        case .version: fits(subject.version)
        case .role: fits(subject.role)
        case .error: fits(subject.error?.code)
        case .party: fits(subject.error?.party.rawValue)
        case .finding: subject.findings.contains { fits($0) }
        }
    }

    private func fits(_ number: Int64) -> Bool {
        values.contains { if case .range(let range) = $0 { range.contains(number) } else { false } }
    }

    private func fits(_ text: String?) -> Bool {
        guard let text = text?.lowercased() else { return false }
        return values.contains { value in
            switch value {
            case .pattern(let pattern): GlobPattern(pattern).matches(text)
            case .contains(let part): text.contains(part.lowercased())
            case .range: false
            }
        }
    }

    private func hostAlone(_ authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return authority }
        return String(authority[..<colon])
    }

    // MARK: Values

    private static func value(_ text: String, of key: Key, at offset: Int) throws(FilterError) -> Value {
        switch key {
        case .status, .seq, .connection, .workflow, .sent, .size, .duration:
            guard let range = range(text) else {
                throw FilterError(
                    "\(key.rawValue):\(text) is no number; write 404, >=400, 400..499"
                        + (key == .status ? " or 4xx" : key == .size || key == .sent ? " or >1M" : ""), at: offset)
            }
            return .range(range)
        default:
            return .pattern(text.lowercased())
        }
    }

    private static func range(_ text: String) -> ClosedRange<Int64>? {
        for (sign, make) in comparisons where text.hasPrefix(sign) {
            return number(text.dropFirst(sign.count)).flatMap(make)
        }
        if text.utf8.count == 3, text.lowercased().hasSuffix("xx"), let first = text.first?.wholeNumberValue,
            (1...9).contains(first)
        {
            return Int64(first * 100)...Int64(first * 100 + 99)
        }
        if text == "*" { return .min ... .max }
        let ends = text.split(separator: ".", omittingEmptySubsequences: false)
        if ends.count == 3, ends[1].isEmpty {
            guard let first = number(ends[0]), let last = number(ends[2]), first <= last else { return nil }
            return first...last
        }
        return number(text[...]).map { $0...$0 }
    }

    private static let comparisons: [(String, @Sendable (Int64) -> ClosedRange<Int64>?)] = [
        (">=", { $0 ... .max }), ("<=", { .min...$0 }),
        (">", { $0 < .max ? ($0 + 1) ... .max : nil }), ("<", { $0 > .min ? .min...($0 - 1) : nil }),
        ("=", { $0...$0 }),
    ]

    /// Digits, and `k`, `M` or `G` for thousands of them.
    private static func number(_ text: Substring) -> Int64? {
        let factors: [Character: Int64] = ["k": 1_000, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000]
        let factor = text.last.flatMap { factors[$0] }
        guard let number = Int64(factor == nil ? text : text.dropLast()) else { return nil }
        let (product, overflowed) = number.multipliedReportingOverflow(by: factor ?? 1)
        return overflowed ? nil : product
    }
}

/// Text in which `*` stands for any run of characters.
struct GlobPattern {
    private let pattern: [UInt8]

    init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    /// In time proportional to the product of the lengths at worst: only the last star is ever gone back to.
    func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (place, index) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, index)
                place += 1
            } else if place < pattern.count, pattern[place] == text[index] {
                place += 1
                index += 1
            } else if let (starPlace, starIndex) = star {
                star = (starPlace, starIndex + 1)
                place = starPlace + 1
                index = starIndex + 1
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == UInt8(ascii: "*") { place += 1 }
        return place == pattern.count
    }
}
