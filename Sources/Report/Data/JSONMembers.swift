import TapeModel

/// A name and its value in one call; what is absent is `null`.
extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    mutating func member(_ name: StaticString, _ value: Int64?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    /// Rounded to hundredths; `null` for what JSON cannot say.
    mutating func member(_ name: StaticString, hundredths value: Double?) {
        self.name(name)
        guard let value, value.isFinite, abs(value) < 1e15 else { return null() }
        self.value(.number("\((value * 100).rounded() / 100)"))
    }

    mutating func list<Element>(
        _ name: StaticString, _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        self.name(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }

    mutating func objects<Element>(
        _ name: StaticString, _ elements: some Sequence<Element>, _ write: (inout JSONWriter, Element) -> Void
    ) {
        list(name, elements) { json, element in
            json.beginObject()
            write(&json, element)
            json.endObject()
        }
    }

    /// An object within an object.
    mutating func object(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        self.name(name)
        beginObject()
        write(&self)
        endObject()
    }
}

/// JSON that may be looked at in a terminal.
///
/// `JSONWriter` escapes control characters; here the rest of what steers a reader (RELIABILITY.md U9) is escaped too.
/// Such characters stand only within strings, so that the value stays what it was.
enum EscapedJSON {
    static func text(_ json: JSONWriter) -> String {
        let text = String(decoding: json.bytes, as: UTF8.self)
        guard text.unicodeScalars.contains(where: InertText.isActive) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if !InertText.isActive(scalar) {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(Character(scalar)).utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}
