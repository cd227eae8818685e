/// The words that this process was started with, its own name first.
enum ProcessArguments {
    /// Swift finds them beside the environment on the stack, and finds none where a library that was loaded before us has
    /// moved the environment away, as libfaketime does; the kernel knows them all the same (proc(5)).
    static var all: [String] {
        let words = CommandLine.arguments
        guard words.isEmpty, let text = SmallFile.read("/proc/self/cmdline", limit: longest) else { return words }
        return text.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Octets; Linux has no longer command line by default.
    private static let longest = 2 << 20
}
