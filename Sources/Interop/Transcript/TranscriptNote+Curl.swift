import TapeModel

// Notes that curl writes, in the words of its versions 7.60 to 8.16; what is not known is chatter.

extension TranscriptNote {
    static func connection(_ text: String) -> TranscriptNote? {
        if text.hasPrefix("Connected to ") { return connected(text.dropFirst("Connected to ".count)) }
        if text.hasPrefix("Established connection to ") {
            return connected(text.dropFirst("Established connection to ".count))
        }
        if text.hasPrefix("Re-using existing ") || text.hasPrefix("Reusing existing ") { return reused(text) }
        for prefix in ["Establish HTTP proxy tunnel to ", "CONNECT tunnel: HTTP/1.1 negotiated for "]
        where text.hasPrefix(prefix) {
            return .tunnel(authority: String(text.dropFirst(prefix.count)))
        }
        if let failure = unreachable(text) { return failure }
        if text.hasPrefix("[HTTP/2] ["), text.contains("] OPENED stream for ") {
            return Int(text.dropFirst("[HTTP/2] [".count).prefix { $0.isNumber }).map(Self.stream)
        }
        if text.hasPrefix("Using Stream ID: ") {
            return Int(text.dropFirst("Using Stream ID: ".count).prefix { $0.isHexDigit }, radix: 16).map(Self.stream)
        }
        return nil
    }

    static func security(_ text: String) -> TranscriptNote? {
        if text.hasPrefix("SSL connection using ") {
            let parts = text.dropFirst("SSL connection using ".count).split(separator: " / ")
            guard parts.count >= 2 else { return nil }
            return .secured(version: String(parts[0]), cipher: String(parts[1]))
        }
        for prefix in ["ALPN: offers ", "ALPN: curl offers ", "ALPN, offering "] where text.hasPrefix(prefix) {
            return .protocolsOffered(list(text.dropFirst(prefix.count)))
        }
        for prefix in ["ALPN: server accepted ", "ALPN, server accepted to use ", "ALPN, server accepted "]
        where text.hasPrefix(prefix) {
            return .protocolChosen(String(text.dropFirst(prefix.count)))
        }
        let trimmed = text.drop { $0 == " " }
        func value(_ name: String) -> String? {
            trimmed.hasPrefix(name + ": ") ? String(trimmed.dropFirst(name.count + 2).drop { $0 == " " }) : nil
        }
        if let subject = value("subject") { return .certificate(.subject(subject)) }
        if let issuer = value("issuer") { return .certificate(.issuer(issuer)) }
        if let names = value("subjectAltName") { return .certificate(.names(self.names(names))) }
        if let date = value("start date").flatMap(instant) { return .certificate(.notBefore(date)) }
        if let date = value("expire date").flatMap(instant) { return .certificate(.notAfter(date)) }
        return nil
    }

    /// `HOST (ADDR) port PORT (#N)`, or `HOST (ADDR port PORT) from …`.
    private static func connected(_ text: Substring) -> TranscriptNote? {
        guard let open = text.firstRange(of: " (") else { return nil }
        let host = String(text[..<open.lowerBound])
        let words = text[open.upperBound...].split { " ()".contains($0) }
        guard let address = words.first, let word = words.firstIndex(of: "port"), word + 1 < words.count,
            let port = Int(words[word + 1]), (1...65_535).contains(port)
        else { return nil }
        let number = words.first { $0.hasPrefix("#") }.flatMap { Int($0.dropFirst()) }
        return .connected(host: host, address: String(address), port: port, number: number)
    }

    /// In the codes and words of our own recordings.
    private static func unreachable(_ text: String) -> TranscriptNote? {
        if text.hasPrefix("Could not resolve host: ") {
            let host = String(text.dropFirst("Could not resolve host: ".count))
            return .unreachable(
                host: host, port: nil,
                ExchangeError(
                    party: .network, code: "name-not-found", detail: "The name \(host) could not be resolved."))
        }
        // `Failed to connect to HOST port PORT after 0 ms: Couldn't connect to server`, one line for all addresses.
        guard text.hasPrefix("Failed to connect to ") else { return nil }
        let words = text.split(separator: " ").map(String.init)
        guard words.count > 6, words[5] == "port", let port = Int(words[6].prefix { $0.isNumber }) else { return nil }
        let isTimeout = text.contains("imed out") || text.contains("imeout")
        let authority = "\(words[4]):\(port)"
        return .unreachable(
            host: words[4], port: port,
            isTimeout
                ? ExchangeError(
                    party: .network, code: "connect-timeout", detail: "\(authority) did not answer in time.")
                : ExchangeError(
                    party: .network, code: "connection-refused",
                    detail: "Nothing listens at \(authority): connection refused."))
    }

    private static func reused(_ text: String) -> TranscriptNote {
        let words = text.split { " ()!".contains($0) }
        let number = words.first { $0.hasPrefix("#") }.flatMap { Int($0.dropFirst()) }
        let host = words.firstIndex(of: "host").flatMap { $0 + 1 < words.count ? String(words[$0 + 1]) : nil }
        return .reused(number: number, host: host)
    }

    /// curl tells only which name matched (`host "a.example" matched cert's "*.example"`); a fixture lists them.
    private static func names(_ text: String) -> [String] {
        let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
        if quoted.count >= 4 { return [String(quoted[quoted.count - 2])] }
        return list(text[...])
    }

    /// `Nov  3 10:00:00 2026 GMT`.
    private static func instant(_ text: String) -> Instant? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 4, let month = months.firstIndex(of: words[0]), let day = Int(words[1]), day < 32 else {
            return Instant(timestamp: text)
        }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return Instant(timestamp: "\(words[3])-\(two(month + 1))-\(two(day))T\(words[2])Z")
    }
}
