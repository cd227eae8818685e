import Glibc
import Proxy

/// `--upstream-proxy` and `--upstream-proxy-auth`, as meant.
enum UpstreamProxyOptions {
    /// The proxy to go through; nothing where none was asked for.
    static func proxy(url: String?, credentialsFile: String?) throws -> UpstreamProxy? {
        guard let url else {
            guard credentialsFile == nil else {
                throw ExitStatus.Failure(
                    ExitStatus.usage, "--upstream-proxy-auth belongs to a proxy; name it with --upstream-proxy")
            }
            return nil
        }
        ProcessList.hideUser(of: url)
        let complete = try credentialsFile.map { try self.url(url, with: $0) } ?? url
        guard let proxy = UpstreamProxy(url: complete) else {
            // Not quoted: a mistaken URL may hold a password all the same.
            throw ExitStatus.Failure(
                ExitStatus.usage, "--upstream-proxy is not the URL of an HTTP proxy; write http://host:port")
        }
        return proxy
    }

    private static func url(_ url: String, with path: String) throws -> String {
        guard let text = SmallFile.read(path) else {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "cannot read --upstream-proxy-auth \(path): \(String(cString: strerror(errno)))")
        }
        let line = text.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("#") && $0.contains(":") }
        guard let line else {
            throw ExitStatus.Failure(ExitStatus.unreadable, "\(path) names no user; write one line user:password")
        }
        guard !url.contains("@") else {
            throw ExitStatus.Failure(
                ExitStatus.usage, "--upstream-proxy names a user and --upstream-proxy-auth another; leave one out")
        }
        let scheme = url.prefix("http://".count)
        return scheme + encoded(String(line)) + "@" + url.dropFirst(scheme.count)
    }

    /// Every octet that is not a letter or digit in percent form, but the colon between the two (RFC 3986 §3.2.1).
    private static func encoded(_ credentials: String) -> String {
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.map { part in
            part.utf8.map { octet -> String in
                let isPlain =
                    (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
                if isPlain { return String(UnicodeScalar(octet)) }
                return (octet < 16 ? "%0" : "%") + String(octet, radix: 16)
            }.joined()
        }.joined(separator: ":")
    }
}

/// What other users of this machine see of our command line.
enum ProcessList {
    /// Overwrites user and password of a URL wherever it stands among our arguments, as curl does with its own.
    ///
    /// For the moments before, and for the history of the shell, only a file helps.
    static func hideUser(of url: String) {
        guard let at = url.utf8.lastIndex(of: UInt8(ascii: "@")) else { return }
        let octets = Array(url.utf8)
        let end = url.utf8.distance(from: url.utf8.startIndex, to: at)
        let start = octets.firstRange(of: Array("//".utf8))?.upperBound ?? 0
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            let length = strlen(argument)
            guard length >= octets.count else { continue }
            let offset = length - octets.count
            let tail = UnsafeBufferPointer(start: argument + offset, count: octets.count)
            guard zip(tail, octets).allSatisfy({ UInt8(bitPattern: $0) == $1 }) else { continue }
            for place in start..<max(start, end) { argument[offset + place] = CChar(UInt8(ascii: "x")) }
        }
    }
}
