import TapeModel

/// Reads capture files, pcap and pcapng, from octets that arrive in pieces.
///
/// Frames are ranges of the octets handed in, never copies: a capture is mostly frames, and the reader must not be what
/// is slow. Therefore the caller keeps what was not consumed and hands it in again with more behind it.
public struct CaptureFileReader: Sendable {
    /// A block or frame that claims more is a lie or no capture; it bounds what a caller must hold.
    public static let longestBlock = 16 * 1024 * 1024

    private enum State: Sendable {
        case start
        case pcap(PcapReader)
        case pcapng(PcapngReader)
        case failed(CaptureFileFailure)
    }

    private var state = State.start
    /// Octets of the file before the span that is handed in next.
    private var position: Int64 = 0

    public init() {}

    /// Whether these are the first octets of a file that is read here, as far as its first four say it.
    public static func isCapture(beginning octets: Span<UInt8>) -> Bool {
        guard let magic = CaptureFields(bigEndian: true).uint32(octets, at: 0) else { return false }
        return isPcapng(magic) || isPcap(magic)
    }

    /// Delivers the items that `octets` hold whole, in order, and returns how many octets they took.
    ///
    /// What follows them is the beginning of something longer: hand it in again with more. After an error every call
    /// throws it again.
    public mutating func receive(
        _ octets: Span<UInt8>, deliver: (CaptureItem) -> Void
    ) throws(CaptureFileFailure) -> Int {
        do throws(CaptureFileFailure) {
            var consumed = 0
            if case .start = state {
                guard let start = try Self.recognise(octets) else { return 0 }
                state = start
                if case .pcap = start { consumed = PcapReader.headerLength }
            }
            switch state {
            case .start: break
            case .failed(let failure): throw failure
            case .pcap(let reader):
                consumed = try reader.read(octets, from: consumed, position: position, deliver: deliver)
            case .pcapng(var reader):
                // Moved out and back, so that its list of interfaces is not copied.
                state = .start
                consumed = try reader.read(octets, position: position, deliver: deliver)
                state = .pcapng(reader)
            }
            position += Int64(consumed)
            return consumed
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// Throws where the file ends with `unread` octets that are the beginning of something.
    public func finish(unread: Int) throws(CaptureFileFailure) {
        switch state {
        case .failed(let failure): throw failure
        case .start:
            throw CaptureFileFailure(
                at: position, unread == 0 ? "the file is empty" : "the file is too short for a capture")
        case .pcap, .pcapng:
            guard unread == 0 else {
                throw CaptureFileFailure(
                    at: position, "the capture is cut off: its last \(unread) octets are not whole")
            }
        }
    }

    private static func recognise(_ octets: Span<UInt8>) throws(CaptureFileFailure) -> State? {
        guard let magic = CaptureFields(bigEndian: true).uint32(octets, at: 0) else { return nil }
        switch magic {
        case _ where isPcapng(magic): return .pcapng(PcapngReader())
        case _ where isPcap(magic):
            let fields = CaptureFields(bigEndian: magic >> 24 == 0xA1)
            let nanoseconds = magic == 0xA1B2_3C4D || magic == 0x4D3C_B2A1
            return try PcapReader(octets, fields: fields, nanoseconds: nanoseconds).map(State.pcap)
        default: throw CaptureFileFailure(at: 0, refusal(magic))
        }
    }

    private static func isPcapng(_ magic: UInt32) -> Bool { magic == 0x0A0D_0D0A }

    private static func isPcap(_ magic: UInt32) -> Bool {
        [0xA1B2_C3D4, 0xA1B2_3C4D, 0xD4C3_B2A1, 0x4D3C_B2A1].contains(magic)
    }

    private static func refusal(_ magic: UInt32) -> String {
        switch magic {
        case 0xA1B2_CD34, 0x34CD_B2A1: "the file is a capture in Kuznetzov's modified pcap form, which is not read"
        case 0x736E_6F6F: "the file is a snoop capture, which is not read"
        case 0x504B_0304: "the file is a zip archive, not a capture"
        case 0x28B5_2FFD: "the file is compressed with zstd"
        case _ where magic >> 16 == 0x1F8B: "the file is compressed with gzip"
        default: "the file is neither pcap nor pcapng"
        }
    }
}
