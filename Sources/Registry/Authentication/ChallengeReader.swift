import TapeModel

/// Reads challenges as registries write them (RFC 9110 §11.6.1, §11.3): several to a field, several fields, any case,
/// values without quotes, parameters without commas.
struct ChallengeReader {
    private var rest: ArraySlice<UInt8>

    /// A registry sends one or two.
    private static let mostChallenges = 16
    /// Longer than any realm or list of scopes; a field of megabytes is not looked through.
    private static let longestField = 65_536

    /// Every challenge of every field called `name`, in order.
    static func challenges(_ name: String, in fields: [FieldLine]) -> [Challenge] {
        var result: [Challenge] = []
        for line in fields where line.name.equalsIgnoringASCIICase(name) {
            guard line.value.utf8.count <= longestField else { continue }
            var reader = ChallengeReader(rest: Array(line.value.utf8)[...])
            reader.read(into: &result)
        }
        return result
    }

    /// A word with `=` behind it is a parameter of the challenge before it, any other word begins the next challenge.
    private mutating func read(into result: inout [Challenge]) {
        let before = result.count
        while true {
            let separators = rest.prefix { $0 == 0x20 || $0 == 0x09 || $0 == 0x2C }
            rest = rest.dropFirst(separators.count)
            guard !rest.isEmpty, result.count < Self.mostChallenges else { break }
            let word = takeWord()
            guard !word.isEmpty else {
                rest = rest.dropFirst()
                continue
            }
            let behind = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard behind.first == 0x3D, !isToken68(behind) else {
                rest = rest.drop { $0 == 0x3D }
                // `Negotiate YII=`: no comma, so this belongs to the scheme before it.
                if result.count > before, !separators.contains(0x2C), let last = result.indices.last {
                    result[last].add("", String(decoding: word, as: UTF8.self))
                    continue
                }
                result.append(Challenge(scheme: String(decoding: word, as: UTF8.self), scopes: [], parameters: []))
                continue
            }
            rest = behind.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
            let value = rest.first == 0x22 ? takeQuoted() : takeBare()
            if result.count == before { result.append(Challenge(scheme: "", scopes: [], parameters: [])) }
            let name = String(decoding: word, as: UTF8.self).lowercasedASCII
            if let last = result.indices.last { result[last].add(name, value) }
        }
    }

    private mutating func takeWord() -> ArraySlice<UInt8> {
        let word = rest.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x2C && $0 != 0x3D && $0 != 0x22 }
        rest = rest.dropFirst(word.count)
        return word
    }

    /// Nothing but padding behind the word (RFC 9110 §11.2, token68).
    private func isToken68(_ text: ArraySlice<UInt8>) -> Bool {
        let behind = text.drop { $0 == 0x3D }
        return behind.isEmpty || behind.first == 0x2C
    }

    /// A quoted string; one that is never closed ends with the field.
    private mutating func takeQuoted() -> String {
        rest = rest.dropFirst()
        var value: [UInt8] = []
        while let octet = rest.popFirst(), octet != 0x22 {
            if octet == 0x5C, let escaped = rest.popFirst() { value.append(escaped) } else { value.append(octet) }
        }
        return String(decoding: value, as: UTF8.self)
    }

    /// A value that should have been quoted, such as a URL: up to the next comma or blank.
    private mutating func takeBare() -> String {
        let value = rest.prefix { $0 != 0x2C && $0 != 0x20 && $0 != 0x09 }
        rest = rest.dropFirst(value.count)
        return String(decoding: value, as: UTF8.self)
    }
}

extension Challenge {
    fileprivate mutating func add(_ name: String, _ value: String) {
        // Nobody sends ten.
        guard parameters.count < 32 else { return }
        parameters.append(TargetURL.Parameter(name, value))
        switch name {
        case "realm": realm = realm ?? value
        case "service": service = service ?? value
        case "scope": scopes += TokenScope.list(value)
        case "error": error = error ?? value
        default: break
        }
    }
}
