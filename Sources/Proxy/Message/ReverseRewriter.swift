package import Listener
package import TapeModel
package import Wire

/// Leads a client that talks to us instead of its registry back to us for tokens and blobs as well.
///
/// Everything that a response points to outside the fronted registry becomes
/// `/_regtape/host/<scheme>/<authority>/…`, and only places that a response has named can be reached that way.
///
/// What a client would not send directly is not sent on either. To it, every place seems to be the host that it is
/// logged in to, so it sends its credentials to all of them. `Authorization` goes on to the registry, and to the very
/// path that a Bearer challenge named as its realm, because that is where the client means to use its password. It is
/// withheld from redirect targets, where real clients drop it too (RFC 9110 §15.4) and storage services refuse it.
/// Cookies go to the registry alone.
package struct ReverseRewriter: Sendable {
    package struct Destination: Sendable, Hashable {
        package let place: Place
        /// Path and query as the origin is asked for them.
        package let target: String
        let passesAuthorization: Bool
        let passesCookies: Bool
    }

    private static let prefix = "/_regtape/host/"
    private static let reserved = "/_regtape/"

    private let registry: Place
    private let places: ReversePlaces

    package init(target: ReverseTarget, places: ReversePlaces) {
        registry = target.place
        self.places = places
    }

    // MARK: Requests

    /// Where a request for `target` goes.
    ///
    /// - Throws: where no response has named that place, or where the target is none of ours.
    package func destination(of target: String, host: String?) throws(MessageRefusal) -> Destination {
        let path = try ownPath(target, host: host)
        guard path.hasPrefix(Self.reserved) else {
            return Destination(place: registry, target: path, passesAuthorization: true, passesCookies: true)
        }
        let parts = path.dropFirst(Self.prefix.count).split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard path.hasPrefix(Self.prefix), parts.count >= 2,
            let origin = Origin(url: "\(parts[0])://\(parts[1])"), !origin.hadUser, origin.rest.isEmpty,
            places.knows(origin.place)
        else { throw MessageRefusal(code: "unknown-place", detail: "No response has named that place.") }
        let rest = parts.count == 3 ? "/" + parts[2] : "/"
        return Destination(
            place: origin.place, target: rest,
            passesAuthorization: places.isRealm(Self.path(of: rest), of: origin.place), passesCookies: false)
    }

    /// A request target reduced to origin form (RFC 9112 §3.2).
    ///
    /// A server has to take absolute form too, but only for itself.
    private func ownPath(_ target: String, host: String?) throws(MessageRefusal) -> String {
        if target.hasPrefix("/") || target == "*" { return target }
        guard let origin = Origin(url: target), let host, let own = Origin(url: "http://" + host),
            origin.place == own.place
        else {
            throw MessageRefusal(
                code: "misdirected", detail: "With --reverse this port is a registry and no proxy for other hosts.")
        }
        return origin.rest.isEmpty ? "/" : origin.rest
    }

    /// The fields of a request as a client of the place itself would send them.
    package func requestFields(_ fields: [FieldLine], to destination: Destination, base: String?) -> [FieldLine] {
        fields.compactMap { field in
            var field = field
            switch field.name.lowercasedASCII {
            case "authorization": return destination.passesAuthorization ? field : nil
            case "cookie": return destination.passesCookies ? field : nil
            case "referer", "origin": field.value = upstream(field.value, base)
            default: break
            }
            return field
        }
    }

    /// A URL of ours as the upstream knows it.
    private func upstream(_ url: String, _ base: String?) -> String {
        guard let base, url.hasPrefix(base) else { return url }
        let path = String(url.dropFirst(base.count))
        guard !path.isEmpty else { return registry.description }
        guard path.hasPrefix("/"), let destination = try? destination(of: path, host: nil) else { return url }
        return destination.place.description + destination.target
    }

    // MARK: Responses

    /// The response's fields as the client shall see them.
    ///
    /// `base` is our own origin as the client wrote it; without one, as in HTTP/1.0, our URLs have a path only.
    package func responseFields(_ fields: [FieldLine], from source: Destination, base: String?) -> [FieldLine] {
        fields.map { field in
            var field = field
            switch field.name.lowercasedASCII {
            case "location", "content-location": field.value = local(field.value, source, base)
            case "link": field.value = rewriteLinks(field.value, source, base)
            case "www-authenticate":
                field.value = BearerRealms.replacing(in: field.value) { url in
                    guard let origin = Origin(url: url) else { return nil }
                    if origin.place != registry {
                        places.remember(origin.place, realm: Self.path(of: origin.rest.isEmpty ? "/" : origin.rest))
                    }
                    return local(url, source, base)
                }
            default: break
            }
            return field
        }
    }

    /// A URI reference (RFC 3986 §4.1) as the client shall follow it.
    private func local(_ reference: String, _ source: Destination, _ base: String?) -> String {
        if let origin = Origin(url: reference.hasPrefix("//") ? source.place.scheme + ":" + reference : reference) {
            let rest = origin.rest.isEmpty ? "/" : origin.rest
            guard origin.place != registry else { return (base ?? "") + rest }
            // User information is left out: the client would send it to us as its credentials, which go no further.
            places.remember(origin.place)
            return (base ?? "") + Self.path(to: origin.place) + rest
        }
        // What is relative to the registry is relative to us in the same way.
        guard source.place != registry, !Self.hasScheme(reference) else { return reference }
        if reference.hasPrefix("/") { return Self.path(to: source.place) + reference }
        // A relative path works below our prefix as well, unless it climbs: the prefix is not its to climb.
        guard reference.split(separator: "/").contains("..") else { return reference }
        return Self.path(to: source.place) + RelativePath.resolve(reference, against: Self.path(of: source.target))
    }

    /// Every `<url>` outside quotation marks (RFC 8288 §3).
    private func rewriteLinks(_ value: String, _ source: Destination, _ base: String?) -> String {
        var result = ""
        var rest = value[...]
        var isQuoted = false
        while let character = rest.popFirst() {
            result.append(character)
            if character == "\"" { isQuoted.toggle() }
            guard character == "<", !isQuoted, let close = rest.firstIndex(of: ">") else { continue }
            result += local(String(rest[..<close]), source, base)
            rest = rest[close...]
        }
        return result
    }

    private static func path(to place: Place) -> String {
        prefix + place.scheme + "/" + place.authority.description
    }

    private static func path(of target: String) -> String {
        String(target.prefix { $0 != "?" && $0 != "#" })
    }

    /// Whether a reference begins with a scheme (RFC 3986 §3.1); a colon behind the first slash is part of a path.
    private static func hasScheme(_ reference: String) -> Bool {
        guard let mark = reference.firstIndex(where: { ":/?#".contains($0) }) else { return false }
        return reference[mark] == ":"
    }
}

/// Resolves a relative path that climbs (RFC 3986 §5.2).
enum RelativePath {
    static func resolve(_ reference: String, against base: String) -> String {
        let path = reference.prefix { $0 != "?" && $0 != "#" }
        var segments = base.split(separator: "/", omittingEmptySubsequences: false).dropLast().map(String.init)
        for segment in path.split(separator: "/", omittingEmptySubsequences: false) {
            switch segment {
            case ".": continue
            // The root is as high as it goes; the first segment is the empty one before it.
            case "..": if segments.count > 1 { segments.removeLast() }
            default: segments.append(String(segment))
            }
        }
        let joined = segments.joined(separator: "/")
        return (joined.hasPrefix("/") ? joined : "/" + joined) + reference.dropFirst(path.count)
    }
}
