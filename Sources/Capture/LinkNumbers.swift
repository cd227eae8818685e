import CPcap
import Wire

/// The two numberings of frame kinds: DLT_ of libpcap on one system, LINKTYPE_ of files everywhere.
///
/// They differ where systems disagreed (pcap-linktype(7)); of what is read here, in raw IP alone.
enum LinkNumbers {
    private static let rawIP: Int32 = 12

    /// Nothing where frames of that kind are not read.
    static func link(ofDevice number: Int32) -> LinkType? {
        number == rawIP ? .rawIP : UInt16(exactly: number).flatMap(LinkType.init(rawValue:))
    }

    static func device(ofLink link: LinkType) -> Int32 {
        link == .rawIP ? rawIP : Int32(link.rawValue)
    }

    static func name(ofDevice number: Int32) -> String {
        pcap_datalink_val_to_name(number).map { String(cString: $0) } ?? "number \(number)"
    }
}
