/// Writes HTML in which text is always text.
///
/// There are three ways in: our own markup, a static string that no trace can reach; text, which is escaped; and
/// attributes, whose values are escaped and quoted.
struct HTMLWriter: Sendable {
    private(set) var output = ""

    mutating func markup(_ markup: StaticString) {
        output += markup.description
    }

    /// The style sheet, which is ours though it is put together at run time.
    mutating func styleSheet() {
        output += StyleSheet.text
    }

    mutating func text(_ text: String) {
        output += Self.escaped(text)
    }

    /// An opening tag with attributes in order.
    mutating func open(_ tag: StaticString, _ attributes: (StaticString, String)...) {
        output += "<\(tag)"
        for (name, value) in attributes { output += " \(name)=\"\(Self.escaped(value))\"" }
        output += ">"
    }

    mutating func close(_ tag: StaticString) {
        output += "</\(tag)>"
    }

    /// An element that holds only text.
    mutating func element(_ tag: StaticString, _ attributes: (StaticString, String)..., text: String) {
        output += "<\(tag)"
        for (name, value) in attributes { output += " \(name)=\"\(Self.escaped(value))\"" }
        output += ">\(Self.escaped(text))</\(tag)>"
    }

    /// A sentence with its commands as code.
    mutating func sentence(_ text: String) {
        for run in MarkedText.runs(text) {
            if run.isCode { element("code", text: run.text) } else { self.text(run.text) }
        }
    }

    static func escaped(_ text: String) -> String {
        let safe = InertText.of(text)
        guard safe.utf8.contains(where: isSpecial) else { return safe }
        var result = ""
        for scalar in safe.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isSpecial(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }
}
