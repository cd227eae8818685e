import TapeModel

/// Reads what an answer that is no success says, by its octets: content types are wrong or missing too often to ask.
///
/// Every form has its limit, because anybody may have sent it. REGISTRY-FACTS.md §5 lists the forms.
enum ErrorBodyReader {
    /// The longest JSON or XML error that is looked into; real ones have some hundred octets.
    private static let longestDocument = 262_144
    /// How much of a text is kept: a screen of it.
    private static let longestText = 4_096
    private static let mostErrors = 64

    /// Nothing for an empty content.
    static func read(_ content: [UInt8]) -> ErrorBody? {
        var octets = content[...]
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) { octets = octets.dropFirst(3) }
        let start = octets.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = start.first else { return nil }
        switch first {
        case 0x7B, 0x5B: return json(Array(start))
        case 0x3C: return markup(start)
        default: return .text(text(start))
        }
    }

    /// A content that claims success and is a page or an error all the same: of a portal, a gateway, a wrong server.
    static func readUnexpected(_ content: [UInt8]) -> ErrorBody? {
        let start = content.drop { $0 == 0x20 || (0x09...0x0D).contains($0) || [0xEF, 0xBB, 0xBF].contains($0) }
        return start.first == 0x3C ? read(content) : nil
    }

    private static func json(_ octets: [UInt8]) -> ErrorBody {
        guard octets.count <= longestDocument else { return .refused(reason: "JSON of \(octets.count) octets") }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: octets)
        } catch  where error.code == .tooDeep {
            return .refused(reason: "JSON that is nested too deeply")
        } catch {
            return .text(text(octets[...]))
        }
        if let errors = value["errors"]?.array { return .registry(errors.prefix(mostErrors).map(item)) }
        return .json(message: message(value) ?? text(octets[...]))
    }

    private static func item(_ value: JSONValue) -> RegistryError {
        guard value.members != nil else {
            return RegistryError(code: "", message: value.string ?? "", detail: value.string == nil ? value : nil)
        }
        return RegistryError(
            code: value["code"].map(plain) ?? "", message: value["message"].map(plain) ?? "",
            detail: value["detail"].flatMap { $0.isNull ? nil : $0 })
    }

    private static func plain(_ value: JSONValue) -> String {
        if value.isNull { return "" }
        return value.string ?? String(decoding: value.serialized, as: UTF8.self)
    }

    /// `details`, `detail`, `message` of old registries; `error` of Quay, OAuth and Google.
    private static func message(_ value: JSONValue) -> String? {
        for name in ["details", "detail", "message", "error_description"] {
            if let text = value[name]?.string, !text.isEmpty { return text }
        }
        guard let error = value["error"] else { return nil }
        if let text = error.string { return text }
        let parts = [error["code"], error["status"], error["message"]].compactMap { $0.map(plain) }
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }

    private static func markup(_ octets: ArraySlice<UInt8>) -> ErrorBody {
        guard octets.count <= longestDocument else {
            return HTMLReader.isPage(octets)
                ? .html(HTMLReader.page(octets.prefix(longestDocument)))
                : .refused(reason: "XML of \(octets.count) octets")
        }
        if HTMLReader.isPage(octets) { return .html(HTMLReader.page(octets)) }
        do throws(XMLRefusal) {
            let elements = try XMLReader.elements(octets)
            guard let root = elements.first else { return .text(text(octets)) }
            let leaves = elements.dropFirst().filter { !$0.hasChildren }
                .map { TargetURL.Parameter($0.name, $0.text) }
            let code = leaves.first { $0.name == "Code" }?.value
            guard root.name == "Error" || code != nil else { return .text(text(octets)) }
            return .storage(
                StorageError(
                    code: code ?? "", message: leaves.first { $0.name == "Message" }?.value ?? "",
                    elements: leaves.filter { $0.name != "Code" && $0.name != "Message" }))
        } catch {
            return .refused(reason: error.reason)
        }
    }

    private static func text(_ octets: ArraySlice<UInt8>) -> String {
        var end = octets.prefix(longestText)
        while let last = end.last, last == 0x20 || (0x09...0x0D).contains(last) { end.removeLast() }
        return String(decoding: end, as: UTF8.self)
    }
}
