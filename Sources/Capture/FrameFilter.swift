import CPcap
import Wire

/// `--filter` over the frames of a file: the same language and the same compiler as for a device.
///
/// A file may hold frames of several kinds, and each kind needs a program of its own. Frames of kinds that are not read
/// pass: whoever reads them leaves them out.
public final class FrameFilter {
    private let expression: String
    private var programs: [LinkType: FilterProgram] = [:]

    /// - Throws: `.badFilter` where the expression suits no kind of frame.
    public init(_ expression: String) throws(CaptureFailure) {
        self.expression = expression
        var refusal: CaptureFailure?
        for link in [LinkType.ethernet] + LinkType.allCases where programs.isEmpty {
            do throws(CaptureFailure) { _ = try program(for: link) } catch { refusal = refusal ?? error }
        }
        if programs.isEmpty, let refusal { throw refusal }
    }

    /// Whether a frame matches; `link` is its LINKTYPE_ value.
    /// - Throws: `.badFilter` where the expression has no meaning for frames of that kind.
    public func matches(_ frame: Span<UInt8>, link: UInt16, originalLength: Int) throws(CaptureFailure) -> Bool {
        guard let link = LinkType(rawValue: link) else { return true }
        let program = try program(for: link)
        return frame.withUnsafeBufferPointer { program.matches($0, originalLength: originalLength) }
    }

    private func program(for link: LinkType) throws(CaptureFailure) -> FilterProgram {
        if let known = programs[link] { return known }
        let snapLength = Int32(CaptureDevice.longestFrame)
        guard let handle = pcap_open_dead(LinkNumbers.device(ofLink: link), snapLength) else {
            throw CaptureFailure(.badFilter, "the filter “\(expression)” cannot be compiled: no memory")
        }
        defer { pcap_close(handle) }
        let program = try FilterProgram(expression, for: handle)
        guard !program.asksKernel else {
            throw CaptureFailure(
                .badFilter,
                "the filter “\(expression)” asks for what frames of a file do not say, such as their direction")
        }
        programs[link] = program
        return program
    }
}
