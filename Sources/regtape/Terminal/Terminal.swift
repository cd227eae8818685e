import Glibc
import Report

/// Words for the person at the terminal.
///
/// Nothing that came from a trace reaches it unfiltered.
enum Terminal {
    /// One line on standard error.
    static func say(_ sentence: String) {
        write("regtape: " + InertText.of(sentence) + "\n", to: STDERR_FILENO)
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                // A reader of results that went away, such as `head`, has had enough; that is no failure. Who does not
                // listen at standard error changes nothing: the run goes on, and its status is still its own.
                if errno == EPIPE, descriptor == STDOUT_FILENO { exit(ExitStatus.good) }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
