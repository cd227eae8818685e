import TapeModel

/// distribution's `_state`: 32 octets of HMAC, then JSON that says how far an upload is (REGISTRY-FACTS.md §1.2).
///
/// A redacted tape has a pseudonym in place of the HMAC and keeps the JSON, so both forms are read.
struct UploadState: Sendable, Hashable {
    var name: String?
    var uuid: String?
    var offset: Int64?
    var started: Instant?

    init?(_ url: TargetURL) {
        guard let value = url[parameter: "_state"] else { return nil }
        self.init(value)
    }

    init?(_ value: String) {
        let text = Array(value.utf8.prefix(Self.longest + 1))
        guard text.count <= Self.longest else { return nil }
        let json: [UInt8]?
        if value.hasPrefix("‹"), let mark = value.firstIndex(of: "›") {
            json = Base64.decode(value[mark...].dropFirst().utf8)
        } else {
            json = Base64.decode(text).map { Array($0.dropFirst(Self.codeLength)) }
        }
        guard let json, let state = try? JSONValue(parsing: json), state.members != nil else { return nil }
        name = state["Name"]?.string
        uuid = state["UUID"]?.string
        offset = state["Offset"]?.int64.map { max(0, $0) }
        started = state["StartedAt"]?.string.flatMap(Instant.init(timestamp:))
    }

    /// SHA-256, as distribution uses it.
    private static let codeLength = 32
    /// A name has 255 characters at most; twenty times that is nobody's state.
    private static let longest = 8_192
}
