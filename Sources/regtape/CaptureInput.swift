import Glibc
import TapeStore

/// The octets of a capture file or of standard input, unpacked where they are gzip'd.
final class CaptureInput {
    let name: String
    /// Octets of the file as it lies there; nothing of a pipe.
    let length: Int64
    private let descriptor: Int32
    /// What was read to see what it is, and after a gzip'd file all that there is.
    private var ahead: ArraySlice<UInt8> = []
    private var isAllAhead = false

    /// Octets that are read at once: large enough that a call costs nothing beside decoding them.
    private static let piece = 1 << 20
    /// A gzip'd file is unpacked in memory; a longer one is better unpacked by a pipe.
    private static let longestUnpacked = 1 << 30

    /// - Throws: `ExitStatus.Failure` where it cannot be read or unpacked.
    init(path: String) throws {
        name = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path, errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.unreadable(path, EISDIR) }
        length = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : 0
        ahead = try read()[...]
        guard ahead.starts(with: [0x1F, 0x8B]) else { return }
        try unpack()
    }

    deinit { close(descriptor) }

    /// What comes first, without taking it.
    var beginning: [UInt8] { Array(ahead) }

    /// The next octets; none at the end.
    /// - Throws: `ExitStatus.Failure` where reading fails: an end that is none would be taken for the whole.
    func next() throws -> [UInt8] {
        if !ahead.isEmpty {
            let octets = Array(ahead.prefix(Self.piece))
            ahead = ahead.dropFirst(octets.count)
            return octets
        }
        return isAllAhead ? [] : try read()
    }

    private func unpack() throws {
        var packed = Array(ahead)
        while true {
            let octets = try read()
            guard !octets.isEmpty else { break }
            packed += octets
            guard packed.count <= Self.longestUnpacked else { throw tooLarge }
        }
        do {
            ahead = try ContentInflater.inflate(
                packed, codings: ["gzip"], limits: ContentInflater.Limits(length: Self.longestUnpacked))[...]
            isAllAhead = true
        } catch {
            guard error != .tooLarge else { throw tooLarge }
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(name) is gzip and damaged or cut off; unpack it to see how far")
        }
    }

    private var tooLarge: ExitStatus.Failure {
        ExitStatus.Failure(
            ExitStatus.unreadable,
            "\(name) is too large to be unpacked here; write gunzip -c \(name) | regtape capture --read -")
    }

    private func read() throws -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = octets.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(name, errno) }
            octets.removeLast(octets.count - count)
            return octets
        }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.unreadable, "cannot read \(path): \(String(cString: strerror(number)))")
    }
}
