import CPcap
import Glibc

/// A compiled filter expression (pcap-filter(7)), freed with its last owner.
final class FilterProgram {
    private(set) var program = bpf_program()

    /// Compiles for the frames of `handle`, which may be a device or stand for a file.
    /// - Throws: `.badFilter` with libpcap's own sentence.
    init(_ expression: String, for handle: OpaquePointer) throws(CaptureFailure) {
        // No netmask: it is needed for `ip broadcast` alone, which no connection of TCP matches.
        guard pcap_compile(handle, &program, expression, 1, bpf_u_int32.max) == 0 else {
            throw CaptureFailure(
                .badFilter, "the filter “\(expression)” is refused: \(String(cString: pcap_geterr(handle)))")
        }
    }

    deinit { pcap_freecode(&program) }

    /// Makes the kernel, or libpcap where the kernel cannot, pass on only what matches.
    func install(on handle: OpaquePointer) throws(CaptureFailure) {
        guard pcap_setfilter(handle, &program) == 0 else {
            throw CaptureFailure(
                .deviceFailed, "the filter cannot be installed: \(String(cString: pcap_geterr(handle)))")
        }
    }

    /// Makes the kernel pass on only what matches, and libpcap know nothing of it; false where the kernel would not.
    ///
    /// Libpcap runs a filter itself over what may have been in the buffer before the kernel had it, and cannot tell there
    /// which way a packet went: it would throw away all of them.
    func attach(to handle: OpaquePointer) -> Bool {
        var filter = regtape_socket_filter(
            count: UInt16(clamping: program.bf_len), instructions: program.bf_insns)
        let length = socklen_t(MemoryLayout<regtape_socket_filter>.size)
        return setsockopt(pcap_fileno(handle), SOL_SOCKET, SO_ATTACH_FILTER, &filter, length) == 0
    }

    /// Whether it asks for what only the kernel knows of a frame, such as which way it went (`SKF_AD_OFF`).
    var asksKernel: Bool {
        UnsafeBufferPointer(start: program.bf_insns, count: Int(program.bf_len)).contains { instruction in
            // BPF_LD and BPF_ABS, at an offset below nothing.
            instruction.code & 0x07 == 0 && instruction.code & 0xE0 == 0x20 && instruction.k >= 0xFFFF_F000
        }
    }

    /// Whether a frame matches; `originalLength` is that on the wire.
    func matches(_ frame: UnsafeBufferPointer<UInt8>, originalLength: Int) -> Bool {
        guard let octets = frame.baseAddress else { return false }
        var header = pcap_pkthdr()
        header.caplen = bpf_u_int32(clamping: frame.count)
        header.len = bpf_u_int32(clamping: originalLength)
        return pcap_offline_filter(&program, &header, octets) != 0
    }
}
