/// Octets as text, one character each, so that tests compare what was on the wire.
public enum Latin1 {
    public static func text(_ octets: some Sequence<UInt8>) -> String {
        var text = ""
        for octet in octets { text.unicodeScalars.append(Unicode.Scalar(octet)) }
        return text
    }

    public static func octets(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }
}
