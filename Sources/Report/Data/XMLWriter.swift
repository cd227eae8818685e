/// Writes XML 1.0 in which no text can become markup and no character is one that XML forbids (§2.2).
struct XMLWriter: Sendable {
    private(set) var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    mutating func open(_ tag: StaticString, _ attributes: (StaticString, String)...) {
        begin(tag, attributes)
        output += ">\n"
    }

    mutating func empty(_ tag: StaticString, _ attributes: (StaticString, String)...) {
        begin(tag, attributes)
        output += "/>\n"
    }

    mutating func element(_ tag: StaticString, _ attributes: (StaticString, String)..., text: String) {
        begin(tag, attributes)
        output += ">" + Self.escaped(InertText.lines(text))
        close(tag)
    }

    mutating func close(_ tag: StaticString) {
        output += "</\(tag)>\n"
    }

    private mutating func begin(_ tag: StaticString, _ attributes: [(StaticString, String)]) {
        output += "<\(tag)"
        for (name, value) in attributes { output += " \(name)=\"\(Self.escaped(InertText.of(value)))\"" }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
