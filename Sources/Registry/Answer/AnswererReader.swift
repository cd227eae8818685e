import TapeModel

/// Tells who answered, by what the answer looks like (REGISTRY-FACTS.md §4.8).
enum AnswererReader {
    static func answerer(
        _ exchange: Exchange, _ operation: Operation, _ host: HostProfile, _ error: ErrorBody?
    ) -> Answerer? {
        guard let response = exchange.response else { return nil }
        let fields = response.head.fields
        if response.head.status == 502, case .registry(let errors)? = error,
            errors.contains(where: { $0.message.utf8.starts(with: "regtape: ".utf8) })
        {
            return .recorder
        }
        if operation.endpoint == .connect || response.head.status == 407 { return .middlebox }
        if brand(fields) { return .middlebox }
        switch error {
        case .storage: return .storage
        case .registry: return operation.endpoint.isToken ? .tokenServer : .registry
        // No registry answers in HTML; that a page has the registry's own field means that nginx adds it to everything.
        case .html: return .middlebox
        case .json, .text, .refused, nil: break
        }
        if operation.endpoint.isToken { return .tokenServer }
        if operation.endpoint.isStorage { return .storage }
        if fields.first("docker-distribution-api-version") != nil { return .registry }
        if case .text(let text)? = error, text.utf8.starts(with: "Ref A: ".utf8) { return .middlebox }
        guard error == nil else { return host.role == .other ? .unknown : .registry }
        guard response.head.status >= 400 else { return operation.endpoint == .unknown ? .unknown : .registry }
        if isStorage(fields), host.role != .registry { return .storage }
        return .unknown
    }

    /// Proxies and gateways that sign what they refuse.
    ///
    /// CDNs sign what they pass on as well, so they are none of these.
    private static func brand(_ fields: [FieldLine]) -> Bool {
        for line in fields {
            if line.name.equalsIgnoringASCIICase("x-squid-error") { return true }
            guard line.name.equalsIgnoringASCIICase("server"), line.value.utf8.count < 256 else { continue }
            let server = line.value.lowercasedASCII
            if ["zscaler", "watchguard", "bluecoat", "privoxy", "squid", "fortigate"].contains(where: server.hasPrefix)
            {
                return true
            }
        }
        return false
    }

    private static func isStorage(_ fields: [FieldLine]) -> Bool {
        fields.contains { line in
            ["x-ms-error-code", "x-amz-request-id", "x-guploader-uploadid"]
                .contains { line.name.equalsIgnoringASCIICase($0) }
        }
    }
}
