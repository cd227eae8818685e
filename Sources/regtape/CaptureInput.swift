import Glibc
import TapeStore
import Wire

/// The octets of a capture, from a file or from standard input, unpacked where they are gzip or zstd.
///
/// However long it is, one piece of it is in memory at a time.
final class CaptureInput {
    let name: String
    private let file: CaptureOctets
    private let unpacked: InflatedStream?
    private let coding: InflatedStream.Coding?
    /// What was read to see what it is.
    private var ahead: [UInt8] = []
    private var hasGiven = false

    /// - Throws: `ExitStatus.Failure` where it cannot be read, or nothing of it can be unpacked.
    init(path: String) throws {
        let file = try CaptureOctets(path: path)
        let coding = InflatedStream.Coding(beginning: try file.beginning(of: 4))
        name = path
        self.file = file
        self.coding = coding
        do {
            unpacked = try coding.map { coding in try InflatedStream(coding) { try file.read(into: $0) } }
        } catch {
            throw ExitStatus.Failure(
                ExitStatus.unreadable, "\(path) cannot be unpacked: libarchive does not know its form")
        }
        _ = try lookFurther()
    }

    /// Whether the file, unpacked where it is packed, begins as a capture does.
    static func isCapture(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = try? CaptureInput(path: path)
        else { return false }
        return CaptureFileReader.isCapture(beginning: file.beginning.span)
    }

    /// Octets of the file as it lies there; nothing of a pipe.
    var length: Int64 { file.length }
    /// How many of them have been read.
    var consumed: Int64 { file.consumed }
    /// What comes first, without taking it.
    var beginning: [UInt8] { ahead }

    /// Makes `beginning` longer; says whether there was any more.
    func lookFurther() throws -> Bool { try append(to: &ahead) }

    /// Appends the next octets; says whether there were any more.
    /// - Throws: `ExitStatus.Failure` where reading or unpacking fails: an end that is none would be taken for the whole.
    func read(into octets: inout [UInt8]) throws -> Bool {
        guard ahead.isEmpty else {
            octets += ahead
            ahead = []
            return true
        }
        return try append(to: &octets)
    }

    private func append(to octets: inout [UInt8]) throws -> Bool {
        guard let unpacked, let coding else { return try file.append(to: &octets) }
        do {
            guard try unpacked.read(into: &octets) else { return false }
            hasGiven = true
            return true
        } catch is InflatedStream.Failure {
            var sentence = "\(name) is damaged or cut off within its \(coding.rawValue)"
            // The tools give what stands in front of the damage to the octet, and we in blocks.
            if !hasGiven {
                sentence +=
                    ", in its first block; what can be had of it gives "
                    + "\(coding.rawValue) -dc \(name) | regtape capture --read -"
            }
            throw ExitStatus.Failure(ExitStatus.unreadable, sentence)
        }
    }
}

/// A file's octets as they lie there.
private final class CaptureOctets {
    let length: Int64
    private(set) var consumed: Int64 = 0
    private let path: String
    private let descriptor: Int32
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: CaptureOctets.longest, alignment: 16)
    /// What was read to see what it is.
    private var ahead: ArraySlice<UInt8> = []

    /// Octets that are read at once: enough that a call costs nothing beside decoding them.
    private static let longest = 1 << 20

    init(path: String) throws {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        length = isKnown && status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : 0
        guard isKnown else { throw Self.unreadable(path, errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw Self.unreadable(path, EISDIR) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        piece.deallocate()
    }

    /// The first octets, without taking them; fewer only where there are no more.
    func beginning(of count: Int) throws -> ArraySlice<UInt8> {
        while ahead.count < count {
            let filled = try next(piece)
            guard filled > 0 else { break }
            ahead += piece[..<filled]
        }
        return ahead
    }

    func append(to octets: inout [UInt8]) throws -> Bool {
        guard ahead.isEmpty else {
            octets += ahead
            ahead = []
            return true
        }
        let filled = try next(piece)
        octets.append(contentsOf: piece[..<filled])
        return filled > 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard ahead.isEmpty else {
            let first = ahead.prefix(buffer.count)
            buffer.copyBytes(from: first)
            ahead = ahead.dropFirst(first.count)
            return first.count
        }
        return try next(buffer)
    }

    private func next(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.unreadable(path, errno) }
            consumed += Int64(count)
            return count
        }
    }

    private static func unreadable(_ path: String, _ number: Int32) -> ExitStatus.Failure {
        ExitStatus.Failure(ExitStatus.unreadable, "cannot read \(path): \(String(cString: strerror(number)))")
    }
}
