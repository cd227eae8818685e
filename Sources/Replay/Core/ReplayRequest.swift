public import TapeModel

/// What a client asks of the replayer: a request head, in the name of the host that it is for.
public struct ReplayRequest: Sendable, Hashable {
    /// As sent; methods are case-sensitive (RFC 9110 §9.1).
    public var method: String
    /// Absolute, with the host of the tape: a server that stands in as origin puts that host in place of its own.
    public var url: String
    public var fields: [FieldLine]

    public init(method: String, url: String, fields: [FieldLine] = []) {
        self.method = method
        self.url = url
        self.fields = fields
    }

    /// The scheme of the credentials in lower case, empty where there are none.
    var scheme: String {
        guard let value = fields.first("authorization") else { return "" }
        let octets = Array(value.utf8.prefix(64))
        let word = octets.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x20 && $0 != 0x09 }
        return word.isEmpty ? "" : String(decoding: word, as: UTF8.self).lowercasedASCII
    }
}
