import TapeModel

/// Parts the pseudo-header fields from the others and makes heads of them (RFC 9113 §8.3).
struct PseudoFields {
    private var pseudo: [String: String] = [:]
    private var fields: [FieldLine] = []

    init(_ lines: [FieldLine]) {
        fields.reserveCapacity(lines.count)
        for line in lines {
            if line.name.utf8.first == UInt8(ascii: ":") {
                if pseudo[line.name] == nil { pseudo[line.name] = line.value }
            } else {
                fields.append(line)
            }
        }
    }

    func requestHead(origin: RequestOrigin) -> RequestHead {
        let method = pseudo[":method"] ?? ""
        let named = RequestOrigin(
            scheme: pseudo[":scheme"] ?? origin.scheme,
            authority: pseudo[":authority"] ?? fields.first("host") ?? origin.authority)
        let url =
            method == "CONNECT"
            ? named.authority : named.url(method: method, target: pseudo[":path"] ?? "", host: named.authority)
        return RequestHead(method: method, url: url, version: "HTTP/2", fields: fields)
    }

    func responseHead() -> ResponseHead? {
        guard let text = pseudo[":status"], text.utf8.count == 3, let status = Octets.decimal(text.utf8), status >= 100
        else { return nil }
        return ResponseHead(status: Int(status), reason: "", version: "HTTP/2", fields: fields)
    }
}
