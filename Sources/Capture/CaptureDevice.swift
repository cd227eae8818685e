import CPcap
import Glibc
import Wire

/// A network device that is open for capture, or `any` for all of them.
///
/// Not promiscuous: what is not meant for this machine is nobody's business here, and a container host would see all of
/// its segment. From the moment it is open the kernel keeps packets in its buffer until they are read.
public final class CaptureDevice: @unchecked Sendable {
    // One thread at a time: who opened it hands it to the reading thread, and libpcap's state goes with it.
    public struct Settings: Sendable {
        public var name: String
        public var filter: String?
        /// Octets kept of each frame; shorter ones leave gaps in every stream.
        public var snapLength = CaptureDevice.longestFrame
        /// Octets of frames that the kernel keeps for us while nobody reads.
        ///
        /// A pull over loopback runs at a gigabyte a second and more: this is a tenth of one, and the queue behind it
        /// has as much again.
        public var bufferSize = 128 << 20

        public init(name: String) {
            self.name = name
        }
    }

    /// The most that libpcap keeps of one frame; segmentation offload makes frames of 64 KiB and more.
    public static let longestFrame = 262_144

    /// Milliseconds that the kernel may keep a frame before it wakes us.
    ///
    /// Blocks of many frames at once are what makes capture cheap; immediate mode would give each frame of the ring as
    /// much room as the longest frame needs.
    static let blockTimeout: Int32 = 50

    public let name: String
    let handle: OpaquePointer
    /// The kind of its frames, as in files.
    let link: LinkType
    /// What to wait on.
    let descriptor: Int32

    private init(name: String, handle: OpaquePointer, link: LinkType, descriptor: Int32) {
        self.name = name
        self.handle = handle
        self.link = link
        self.descriptor = descriptor
    }

    deinit { pcap_close(handle) }

    /// Opens a device; packets come from now on.
    public static func open(_ settings: Settings) throws(CaptureFailure) -> CaptureDevice {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(settings.name, &message) else {
            throw CaptureFailure(.deviceFailed, "cannot capture on \(settings.name): \(text(message))")
        }
        do throws(CaptureFailure) {
            return try activate(handle, settings)
        } catch {
            pcap_close(handle)
            throw error
        }
    }

    private static func activate(_ handle: OpaquePointer, _ settings: Settings) throws(CaptureFailure) -> CaptureDevice
    {
        pcap_set_snaplen(handle, Int32(clamping: settings.snapLength))
        pcap_set_promisc(handle, 0)
        pcap_set_timeout(handle, blockTimeout)
        pcap_set_buffer_size(handle, Int32(clamping: settings.bufferSize))
        let status = pcap_activate(handle)
        guard status >= 0 else { throw refusal(status, handle, settings.name) }
        // The second cooked form names the interface of each frame, which tells copies from repetitions.
        if pcap_datalink(handle) == DLT_LINUX_SLL { pcap_set_datalink(handle, DLT_LINUX_SLL2) }
        let number = pcap_datalink(handle)
        guard let link = LinkNumbers.link(ofDevice: number) else {
            throw CaptureFailure(
                .deviceFailed,
                "\(settings.name) has frames of the kind \(LinkNumbers.name(ofDevice: number)), which are not read; "
                    + "there are: \(LocalInterfaces.names().joined(separator: ", "))")
        }
        try install(settings.filter, on: handle, settings.name)
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let descriptor = pcap_get_selectable_fd(handle)
        guard pcap_setnonblock(handle, 1, &message) == 0, descriptor >= 0 else {
            throw CaptureFailure(.deviceFailed, "cannot wait for packets of \(settings.name): \(text(message))")
        }
        return CaptureDevice(name: settings.name, handle: handle, link: link, descriptor: descriptor)
    }

    /// Installs the filter, and with it leaves out in the kernel what loopback shows twice: each packet goes out and
    /// comes in, and libpcap throws the first away only after it has taken room in the buffer.
    ///
    /// Where this kernel knows no directions, that is how it stays.
    private static func install(
        _ filter: String?, on handle: OpaquePointer, _ name: String
    ) throws(CaptureFailure) {
        let expression = filter.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
        let asked = try expression.map { expression throws(CaptureFailure) in
            try FilterProgram(expression, for: handle)
        }
        if name == "any", let once = onceOnLoopback() {
            // Cooked frames say themselves which way they went, so that libpcap understands this as well.
            let both = expression.map { "\(once) and (\($0))" } ?? once
            if let program = try? FilterProgram(both, for: handle), (try? program.install(on: handle)) != nil { return }
        }
        try asked?.install(on: handle)
        guard LocalInterfaces.isLoopback(name) else { return }
        let incoming = expression.map { "inbound and (\($0))" } ?? "inbound"
        _ = try? FilterProgram(incoming, for: handle).attach(to: handle)
    }

    private static func onceOnLoopback() -> String? {
        let copies = LocalInterfaces.loopbackIndices().map { "(outbound and ifindex \($0))" }
        return copies.isEmpty ? nil : "not (\(copies.joined(separator: " or ")))"
    }

    private static func refusal(_ status: Int32, _ handle: OpaquePointer, _ name: String) -> CaptureFailure {
        let reason = String(cString: pcap_geterr(handle))
        switch status {
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
            return CaptureFailure(
                .notPermitted, "capturing on \(name) needs the capability CAP_NET_RAW, which is missing: " + remedy)
        case PCAP_ERROR_NO_SUCH_DEVICE:
            return CaptureFailure(
                .noSuchDevice,
                "there is no device \(name); there are: \(LocalInterfaces.names().joined(separator: ", "))")
        case PCAP_ERROR_IFACE_NOT_UP:
            return CaptureFailure(.deviceFailed, "the device \(name) is down; ip link set \(name) up brings it up")
        default:
            let sentence = reason.isEmpty ? String(cString: pcap_statustostr(status)) : reason
            return CaptureFailure(.deviceFailed, "cannot capture on \(name): \(sentence)")
        }
    }

    private static var remedy: String {
        guard geteuid() != 0 else {
            return "this root is that of a container or a namespace; give it one (docker run --cap-add NET_RAW)"
        }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        let program = length > 0 ? text(path) : "regtape"
        return "run it with sudo, which gives all rights up again once the device is open, "
            + "or give the program this one: sudo setcap cap_net_raw+ep \(program)"
    }

    private static func text(_ octets: [CChar]) -> String {
        String(decoding: octets.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
