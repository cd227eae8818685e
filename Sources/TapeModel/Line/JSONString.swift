/// One string of a JSON text, from behind its opening quote to its closing one (RFC 8259 §7).
///
/// Bodies are strings of a tape's lines, and reading a tape is mostly reading them. So the end is looked for first, eight
/// octets at a time, and what has escapes is undone in one piece of memory of that length: an escape is never shorter than
/// what it stands for.
struct JSONString {
    /// Where reading stands; behind the closing quote once it is over.
    private(set) var position: Int

    init(from start: Int) {
        position = start
    }

    mutating func read(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        let start = position
        var hasEscapes = false
        while true {
            pass(bytes)
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let end = position
                position += 1
                return hasEscapes ? try undone(bytes, start..<end) : Self.text(bytes, start..<end)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                guard position + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: position + 1) }
                position += 2
            default:
                throw JSONError(.badString, at: position)
            }
        }
    }

    /// Goes on to the next quote, backslash or control character.
    private mutating func pass(_ bytes: Span<UInt8>) {
        while let word = bytes.bytes.word(at: position) {
            let plain = PlainText.readableOctets(in: word)
            position += plain
            if plain < 8 { return }
        }
        while position < bytes.count {
            let octet = bytes[position]
            guard octet != UInt8(ascii: "\""), octet != UInt8(ascii: "\\"), octet >= 0x20 else { return }
            position += 1
        }
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    private func undone(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        var failure: JSONError?
        let text = String(unsafeUninitializedCapacity: range.count) { room in
            var escapes = JSONEscapes(range: range)
            do throws(JSONError) {
                try escapes.undo(bytes, into: room)
            } catch {
                failure = error
            }
            return escapes.filled
        }
        if let failure { throw failure }
        return text
    }
}

/// Undoes the escapes of one string.
private struct JSONEscapes {
    private var index: Int
    private let end: Int
    /// Octets that were written.
    private(set) var filled = 0

    init(range: Range<Int>) {
        index = range.lowerBound
        end = range.upperBound
    }

    mutating func undo(_ bytes: Span<UInt8>, into room: UnsafeMutableBufferPointer<UInt8>) throws(JSONError) {
        let raw = UnsafeMutableRawBufferPointer(room)
        while index < end {
            // Room for a word is wherever one is left to be read.
            if index <= end - 8, let word = bytes.bytes.word(at: index) {
                raw.storeBytes(of: word.littleEndian, toByteOffset: filled, as: UInt64.self)
                let plain = PlainText.readableOctets(in: word)
                index += plain
                filled += plain
                if plain == 8 { continue }
            }
            let octet = bytes[index]
            index += 1
            if octet == UInt8(ascii: "\\") {
                try escape(bytes, room)
            } else {
                room[filled] = octet
                filled += 1
            }
        }
    }

    private mutating func escape(
        _ bytes: Span<UInt8>, _ room: UnsafeMutableBufferPointer<UInt8>
    ) throws(JSONError) {
        guard index < end else { throw JSONError(.unexpectedEnd, at: index) }
        let octet = bytes[index]
        index += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): write(octet, room)
        case UInt8(ascii: "b"): write(0x08, room)
        case UInt8(ascii: "f"): write(0x0C, room)
        case UInt8(ascii: "n"): write(0x0A, room)
        case UInt8(ascii: "r"): write(0x0D, room)
        case UInt8(ascii: "t"): write(0x09, room)
        case UInt8(ascii: "u"): for octet in String(Character(try codePoint(bytes))).utf8 { write(octet, room) }
        default: throw JSONError(.badEscape, at: index - 1)
        }
    }

    private mutating func write(_ octet: UInt8, _ room: UnsafeMutableBufferPointer<UInt8>) {
        room[filled] = octet
        filled += 1
    }

    /// The character that `\uXXXX` stands for, taking the second half of a surrogate pair along; a half alone, which
    /// no Unicode text may hold, is U+FFFD.
    private mutating func codePoint(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit(bytes)
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
        let rewind = index
        guard take(UInt8(ascii: "\\"), bytes), take(UInt8(ascii: "u"), bytes) else {
            index = rewind
            return "\u{FFFD}"
        }
        let second = try codeUnit(bytes)
        guard (0xDC00..<0xE000).contains(second) else {
            index = rewind
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func codeUnit(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard index < end, let digit = bytes[index].hexadecimalDigit else { throw JSONError(.badEscape, at: index) }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private mutating func take(_ octet: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard index < end, bytes[index] == octet else { return false }
        index += 1
        return true
    }
}
