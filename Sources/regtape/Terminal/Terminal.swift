import Glibc

/// Words for the person at the terminal.
///
/// Nothing that came from a trace reaches it unfiltered.
enum Terminal {
    /// One line on standard error.
    static func say(_ sentence: String) {
        write("regtape: " + inert(sentence) + "\n", to: STDERR_FILENO)
    }

    /// Text as it may be shown: control characters, among them those that steer terminals, and the marks that turn
    /// the direction of writing around are replaced by U+FFFD (RELIABILITY.md U9).
    static func inert(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isActive) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            result.unicodeScalars.append(isActive(scalar) ? "\u{FFFD}" : scalar)
        }
        return result
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // A reader that went away, such as `head`, has had enough; that is no failure.
                if errno == EPIPE { exit(ExitStatus.good) }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
