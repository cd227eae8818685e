public import Registry
import TapeModel

/// Asking what an answer says.
extension DecodedExchange {
    /// Whether the answer carries this error code, of a registry (`MANIFEST_UNKNOWN`) or of a storage (`NoSuchKey`).
    public func hasCode(_ code: String) -> Bool {
        storageError?.code == code || errors.contains { $0.code == code }
    }

    /// `It says: "…".`, or nothing where the answer says nothing; for details.
    var itSays: String {
        guard let words = messageWords else { return "" }
        return "It says: " + (words.hasSuffix(".\"") ? words : words + ".")
    }

    /// Whether the text of the answer has these words, without regard to ASCII case.
    public func says(_ words: String) -> Bool { errorText.containsIgnoringASCIICase(words) }

    /// Whether the text of the answer has any of these, without regard to ASCII case.
    public func saysAny(of phrases: String...) -> Bool {
        let text = errorText
        return phrases.contains { text.containsIgnoringASCIICase($0) }
    }
}

extension String {
    /// Whether this text has `words` in it, without regard to the case of ASCII letters.
    public func containsIgnoringASCIICase(_ words: String) -> Bool {
        let sought = words.utf8.map(\.lowercasedASCII)
        guard let first = sought.first else { return true }
        let found: Bool? = utf8.withContiguousStorageIfAvailable { text in
            guard text.count >= sought.count else { return false }
            for start in 0...(text.count - sought.count) where text[start].lowercasedASCII == first {
                var length = 1
                while length < sought.count, text[start + length].lowercasedASCII == sought[length] { length += 1 }
                if length == sought.count { return true }
            }
            return false
        }
        return found ?? lowercasedASCII.contains(words.lowercasedASCII)
    }
}
