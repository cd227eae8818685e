import NIOCore
import TapeModel
import Wire

extension Anomaly {
    /// A message that was refused and not passed on, as the tape names it.
    ///
    /// Of a request that reached no origin there is no connection to name.
    init(rejected refusal: MessageRefusal, side: Side, connection: ConnectionID, seen: Instant) {
        self.init(
            connection: connection, side: side, seen: seen, code: "rejected",
            detail: "\(refusal.code): \(refusal.detail)", raw: refusal.raw)
    }
}

extension MessageRefusal {
    /// With the octets of the read in which the trouble lay, where the reader gave none.
    func showing(_ octets: ByteBuffer) -> MessageRefusal {
        guard raw.isEmpty else { return self }
        return MessageRefusal(code: code, detail: detail, raw: Array(octets.readableBytesView))
    }
}
