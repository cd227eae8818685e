/// Character classes of the HTTP grammars, and the few ways in which octets are looked through.
enum Octets {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let colon = UInt8(ascii: ":")
    static let slash = UInt8(ascii: "/")

    /// tchar (RFC 9110 §5.6.2).
    static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// field-vchar, SP and HTAB (RFC 9110 §5.5).
    static func isFieldValue(_ octet: UInt8) -> Bool {
        octet == tab || (octet >= 0x20 && octet != 0x7F)
    }

    static func isBlank(_ octet: UInt8) -> Bool { octet == space || octet == tab }

    /// One character for each octet, as ISO 8859-1 has them, whatever they mean.
    static func octetwise(_ octets: Span<UInt8>, _ range: Range<Int>) -> String {
        octets.extracting(range).withUnsafeBufferPointer { buffer in
            guard buffer.contains(where: { $0 >= 0x80 }) else { return String(decoding: buffer, as: UTF8.self) }
            var text = ""
            for octet in buffer { text.unicodeScalars.append(Unicode.Scalar(octet)) }
            return text
        }
    }

    /// The octets of `range` as text: UTF-8, or ISO 8859-1 where they are not.
    static func text(_ octets: Span<UInt8>, _ range: Range<Int>) -> String {
        octets.extracting(range).withUnsafeBufferPointer { buffer in
            // The check for ASCII is far cheaper than that for UTF-8, and nearly always enough.
            var union: UInt8 = 0
            for octet in buffer { union |= octet }
            if union < 0x80 { return String(decoding: buffer, as: UTF8.self) }
            if let text = String(validating: buffer, as: UTF8.self) { return text }
            var text = ""
            for octet in buffer { text.unicodeScalars.append(Unicode.Scalar(octet)) }
            return text
        }
    }

    /// Whether the octets of `range` are text as everybody reads it: ASCII or UTF-8.
    static func isUTF8(_ octets: Span<UInt8>, _ range: Range<Int>) -> Bool {
        octets.extracting(range).withUnsafeBufferPointer { buffer in
            buffer.allSatisfy { $0 < 0x80 } || String(validating: buffer, as: UTF8.self) != nil
        }
    }

    static func copy(_ octets: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        octets.extracting(range).withUnsafeBufferPointer { Array($0) }
    }

    static func allSatisfy(_ octets: Span<UInt8>, _ range: Range<Int>, _ predicate: (UInt8) -> Bool) -> Bool {
        for index in range where !predicate(octets[index]) { return false }
        return true
    }

    static func first(_ octet: UInt8, in octets: Span<UInt8>, _ range: Range<Int>) -> Int? {
        for index in range where octets[index] == octet { return index }
        return nil
    }

    /// `range` without blanks at its ends.
    static func trimmed(_ octets: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(octets[start]) { start += 1 }
        while start < end, isBlank(octets[end - 1]) { end -= 1 }
        return start..<end
    }

    /// The place of the first LF at or behind `start`, looked for eight octets at a time.
    static func firstLineFeed(in octets: Span<UInt8>, from start: Int) -> Int? {
        octets.withUnsafeBytes { buffer in
            var index = start
            while buffer.count - index >= 8 {
                let word = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                // An octet is zero exactly where it was LF; the lowest marked one is never a false alarm.
                let zeroed = word ^ 0x0A0A_0A0A_0A0A_0A0A
                let marks = (zeroed &- 0x0101_0101_0101_0101) & ~zeroed & 0x8080_8080_8080_8080
                if marks != 0 { return index + marks.trailingZeroBitCount / 8 }
                index += 8
            }
            while index < buffer.count {
                if buffer[index] == lineFeed { return index }
                index += 1
            }
            return nil
        }
    }

    /// Digits only, within 63 bits: nothing signed, padded or hexadecimal is a length (RFC 9110 §8.6).
    static func decimal(_ octets: some Collection<UInt8>) -> Int64? {
        guard !octets.isEmpty else { return nil }
        var value: Int64 = 0
        for octet in octets {
            guard (0x30...0x39).contains(octet) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowedAgain) = product.addingReportingOverflow(Int64(octet &- 0x30))
            guard !overflowed, !overflowedAgain else { return nil }
            value = sum
        }
        return value
    }

    /// At most fifteen hexadecimal digits, which keeps a chunk below 2^60 octets (RFC 9112 §7.1).
    static func hexadecimal(_ octets: some Collection<UInt8>) -> Int64? {
        guard (1...15).contains(octets.count) else { return nil }
        var value: Int64 = 0
        for octet in octets {
            let digit: UInt8
            switch octet {
            case 0x30...0x39: digit = octet &- 0x30
            case 0x41...0x46: digit = octet &- 0x37
            case 0x61...0x66: digit = octet &- 0x57
            default: return nil
            }
            value = value << 4 | Int64(digit)
        }
        return value
    }
}
