import NIOCore
import TapeModel
import Wire

/// The answer to what is no request, or must not be read as one.
enum HTTP1Refusal {
    static func octets(_ refusal: MessageRefusal, isHead: Bool) -> ByteBuffer {
        let reply = Reply.error(status(refusal.code), code: "UNSUPPORTED", refusal.detail)
        var buffer = ByteBuffer(
            string: ReplyHead(reply, toMethod: isHead ? "HEAD" : "GET").text(closes: true, isOldClient: false))
        if !isHead, case .octets(let octets)? = reply.content.first { buffer.writeBytes(octets) }
        return buffer
    }

    private static func status(_ code: String) -> Int {
        switch code {
        case "head-too-large", "too-many-fields", "trailers-too-large": 431
        case "misdirected": 421
        case "bad-expectation": 417
        default: 400
        }
    }
}
