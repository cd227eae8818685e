import Registry
import TapeModel

/// Makes the tokens of a tape anew: the recorded claims, moved in time, behind a signature that is none.
///
/// Clients look into tokens for their lives, and throw away what has expired; none of them can check a signature. A
/// token that is no JWT stays what it is, but for a pseudonym, which becomes a word.
enum TokenMint {
    /// A token's answer with fresh tokens in it; nothing where it is no JSON object.
    ///
    /// `scopes` are granted in place of the recorded ones, where they are given.
    static func answer(_ octets: [UInt8], by shift: TimeShift, scopes: [TokenScope]?) -> [UInt8]? {
        guard let json = try? JSONValue(parsing: octets), case .object(let members) = json else { return nil }
        return JSONValue.object(
            members.map { member in
                guard let text = member.value.string else { return member }
                switch member.name {
                case "issued_at": return .init(member.name, .string(shift.moved(timestamp: text) ?? text))
                case "token", "access_token":
                    return .init(member.name, .string(token(text, by: shift, scopes: scopes)))
                case "refresh_token", "id_token", "identitytoken":
                    return .init(member.name, .string(token(text, by: shift, scopes: nil)))
                default: return .init(member.name, .string(HeaderText.safe(text)))
                }
            }
        ).serialized
    }

    /// An answer to a query made one to a form: the token is under the name that OAuth2 gives it (RFC 6749 §5.1).
    static func asFormAnswer(_ octets: [UInt8]) -> [UInt8] {
        guard let json = try? JSONValue(parsing: octets), case .object(let members) = json,
            json["access_token"] == nil, let token = json["token"]
        else { return octets }
        return JSONValue.object(members + [.init("access_token", token)]).serialized
    }

    /// A token with its times moved.
    static func token(_ text: String, by shift: TimeShift, scopes: [TokenScope]?) -> String {
        let parts = Array(text.utf8).split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
        guard text.utf8.starts(with: "eyJ".utf8), parts.count == 3, let header = object(parts[0]), header["alg"] != nil,
            let claims = object(parts[1]), let members = claims.members
        else { return opaque(text) }
        let fresh = members.map { member in
            switch member.name {
            case "iat", "nbf", "exp": return JSONValue.Member(member.name, moved(member.value, shift))
            case "access": return scopes.map { .init(member.name, .array($0.map(access))) } ?? member
            default: return member
            }
        }
        return String(decoding: parts[0], as: UTF8.self) + "." + Base64.encodeURL(JSONValue.object(fresh).serialized)
            + "." + signature
    }

    /// A pseudonym as a word; a secret that was kept on the tape is never given to anybody (it may still be good).
    private static func opaque(_ text: String) -> String {
        if text.isEmpty || text.unicodeScalars.contains("‹") { return HeaderText.safe(text) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for octet in text.utf8 { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3 }
        return "regtape-token-" + String(hash, radix: 16)
    }

    private static func object(_ part: ArraySlice<UInt8>) -> JSONValue? {
        guard let octets = Base64.decode(part), let value = try? JSONValue(parsing: octets), value.members != nil
        else { return nil }
        return value
    }

    /// NumericDate (RFC 7519 §2), whole or with a fraction.
    private static func moved(_ value: JSONValue, _ shift: TimeShift) -> JSONValue {
        if let seconds = value.int64 {
            return .number(String(seconds.addingReportingOverflow(shift.seconds).partialValue))
        }
        guard let seconds = value.double, abs(seconds) < 1e12 else { return value }
        return .number(String(Int64(seconds).addingReportingOverflow(shift.seconds).partialValue))
    }

    private static func access(_ scope: TokenScope) -> JSONValue {
        .object([
            .init("type", .string(scope.type)), .init("name", .string(scope.name)),
            .init("actions", .array(scope.actions.map(JSONValue.string))),
        ])
    }

    /// As long as one of ES256, and readable as what it is.
    private static let signature = Base64.encodeURL(
        Array("this is no signature: regtape made this token to replay a tape. 64".utf8.prefix(64)))
}
