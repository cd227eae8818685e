import TapeModel

extension TokenRequest {
    /// Reads a token request from its query (distribution, token) or its form (distribution, oauth).
    ///
    /// `form` is the content of a POST, where it is at hand; its secrets may be pseudonyms. `hasCredentials` tells
    /// whether `Authorization` was sent.
    public init(_ url: TargetURL, form: [UInt8]?, hasCredentials: Bool, method: String) {
        var parameters = url.query
        if let form, form.count <= Self.longestForm { parameters += TargetURL.parameters(form[...]) }
        var scopes: [TokenScope] = []
        var scopeParameters = 0
        var values: [String: String] = [:]
        for parameter in parameters {
            if parameter.name == "scope" {
                scopeParameters += 1
                if scopes.count < 256 { scopes += TokenScope.list(parameter.value) }
            } else if values.count < 64, values[parameter.name] == nil {
                values[parameter.name] = parameter.value
            }
        }
        let secret = values["refresh_token"] ?? values["password"] ?? values["access_token"]
        self.init(
            service: values["service"], scopes: scopes, scopeParameters: scopeParameters,
            namesAccount: (values["account"] ?? values["username"])?.isEmpty == false, grantType: values["grant_type"],
            clientID: values["client_id"],
            wantsRefreshToken: values["offline_token"] == "true" || values["access_type"] == "offline",
            // A form that is not at hand has a grant in it: OAuth knows no anonymous one.
            isAnonymous: !hasCredentials && secret == nil && !(method == "POST" && form == nil))
    }

    private static let longestForm = 262_144
}

extension TokenAnswer {
    /// Reads what a token server gave; nothing where it is no JSON object.
    init?(_ content: [UInt8]) {
        guard content.count <= Self.longest, let json = try? JSONValue(parsing: content), json.members != nil
        else { return nil }
        // A client must take either, and `token` wins (distribution, token).
        let given = [json["token"]?.string, json["access_token"]?.string].lazy.compactMap(\.self)
            .first { !$0.isEmpty }
        let refresh = json["refresh_token"]?.string
        let life = json["expires_in"].flatMap(Self.seconds)
        let claims = (given ?? refresh).flatMap(TokenClaims.init(token:))
        self.init(
            token: given.map(SecretIdentity.of), hasRefreshToken: refresh?.isEmpty == false,
            expiresIn: life ?? Self.life, saysExpiry: life != nil,
            issued: json["issued_at"]?.string.flatMap(Instant.init(timestamp:)), claims: claims)
    }

    /// Seconds that a token lives where its answer does not say (distribution, token: `expires_in`).
    private static let life: Int64 = 60
    private static let longest = 262_144

    /// Some servers send the number as text, some with a fraction.
    private static func seconds(_ value: JSONValue) -> Int64? {
        if let whole = value.int64 ?? value.string.flatMap({ Int64($0) }) { return max(0, whole) }
        guard let fraction = value.double, fraction >= 0, fraction < 1e12 else { return nil }
        return Int64(fraction)
    }
}
