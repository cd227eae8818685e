import TapeModel

extension URLSignature {
    /// What signs `url`, with the times that its parameters tell (REGISTRY-FACTS.md §3.2); nothing for a plain URL.
    public init?(_ url: TargetURL) {
        if let signature = Self.parameters(url) {
            self = signature
        } else if url.path.utf8.starts(with: "/artifacts-downloads/".utf8)
            || url.path.utf8.starts(with: "/_storage_proxy/".utf8)
        {
            self.init(scheme: .path)
        } else {
            return nil
        }
    }

    private static func parameters(_ url: TargetURL) -> URLSignature? {
        guard !url.query.isEmpty else { return nil }
        var found: [String: String] = [:]
        for parameter in url.query where found.count < 64 {
            let name = parameter.name.lowercasedASCII
            guard found[name] == nil else { continue }
            found[name] = parameter.value
        }
        if found["sig"] != nil, found["se"] != nil || found["sv"] != nil {
            return URLSignature(
                scheme: .azureSAS, starts: found["st"].flatMap(azureTime), expires: found["se"].flatMap(azureTime))
        }
        if found["x-amz-signature"] != nil { return dated(.awsV4, found["x-amz-date"], found["x-amz-expires"]) }
        if found["x-goog-signature"] != nil { return dated(.googleV4, found["x-goog-date"], found["x-goog-expires"]) }
        let expires = found["expires"].flatMap(epoch)
        if found["signature"] != nil {
            if found["key-pair-id"] != nil { return URLSignature(scheme: .cloudFront, expires: expires) }
            if found["googleaccessid"] != nil { return URLSignature(scheme: .googleV2, expires: expires) }
            if found["awsaccesskeyid"] != nil { return URLSignature(scheme: .awsV2, expires: expires) }
        }
        // `verify=<epoch>-<mac>`: when it was made; how long it holds is the CDN's own setting.
        if let verify = found["verify"], let dash = verify.firstIndex(of: "-"), let made = epoch(verify[..<dash]) {
            return URLSignature(scheme: .cloudflare, starts: made)
        }
        if let token = found["akamai_signature"] ?? found["hdnts"] ?? found["__token__"] { return akamai(token) }
        return nil
    }

    /// `exp=…~st=…~hmac=…`; a redacted one says nothing but that it is there.
    private static func akamai(_ token: String) -> URLSignature {
        var signature = URLSignature(scheme: .akamai)
        for part in token.utf8.prefix(2_048).split(separator: 0x7E) {
            let text = String(decoding: part, as: UTF8.self)
            if text.hasPrefix("exp=") { signature.expires = epoch(text.dropFirst(4)) }
            if text.hasPrefix("st=") { signature.starts = epoch(text.dropFirst(3)) }
        }
        return signature
    }

    private static func dated(_ scheme: Scheme, _ date: String?, _ life: String?) -> URLSignature {
        let starts = date.flatMap(compactTime)
        let seconds = life.flatMap { Int64($0) }.map { max(0, $0) }
        let expires = starts.flatMap { starts in seconds.map { starts.adding(seconds: $0) } }
        return URLSignature(scheme: scheme, starts: starts, expires: expires)
    }

    private static func epoch(_ text: some StringProtocol) -> Instant? {
        Int64(text).map { Instant(seconds: $0) }
    }

    /// `20261123T100715Z` (AWS Signature Version 4, Google V4).
    private static func compactTime(_ text: String) -> Instant? {
        let octets = Array(text.utf8)
        guard octets.count == 16, octets[8] == 0x54 else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: octets[range], as: UTF8.self) }
        return Instant(
            timestamp: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T"
                + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z")
    }

    /// ISO 8601 as Azure takes it: a date, a date with minutes, or a date with seconds.
    private static func azureTime(_ text: String) -> Instant? {
        if let instant = Instant(timestamp: text) { return instant }
        switch text.utf8.count {
        case 10: return Instant(timestamp: text + "T00:00:00Z")
        case 17 where text.hasSuffix("Z"): return Instant(timestamp: text.dropLast() + ":00Z")
        default: return nil
        }
    }

    private init(scheme: Scheme, expires: Instant? = nil) {
        self.init(scheme: scheme, starts: nil, expires: expires)
    }

    private init(scheme: Scheme, starts: Instant?) {
        self.init(scheme: scheme, starts: starts, expires: nil)
    }
}
