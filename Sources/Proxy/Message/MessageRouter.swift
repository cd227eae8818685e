import Listener
import NIOCore
import TapeModel
import Wire

/// Where one request goes, and what it and its answer look like on the other side.
///
/// A value per client connection: the plain mode reads the place from an absolute target (RFC 9112 §3.2.2), the
/// reverse mode from the path.
struct MessageRouter {
    struct Route {
        let destination: ReverseRewriter.Destination
        /// Our own origin as the client wrote it.
        let base: String?
        /// What the tape shows where nothing could be sent.
        let head: RequestHead
        let request: MessageMachine.Request
    }

    private let rewriter: ReverseRewriter?

    init(_ rewriter: ReverseRewriter?) {
        self.rewriter = rewriter
    }

    var mode: Connection.Mode { rewriter == nil ? .plain : .reverse }

    func route(
        _ line: RequestLine, _ fields: [FieldLine], framing: MessageFraming
    ) throws(MessageRefusal) -> Route {
        var endToEnd = try HopByHop.endToEnd(fields)
        let host = fields.first("host")
        let destination = try destination(of: line, host: host)
        let base = host.flatMap { $0.isEmpty ? nil : "http://" + $0 }
        if let rewriter { endToEnd = rewriter.requestFields(endToEnd, to: destination, base: base) }
        let isOld = line.version == "HTTP/1.0"
        // A client of HTTP/1.0 cannot be told to continue (RFC 9110 §10.1.1).
        if isOld { endToEnd.removeAll { $0.name.equalsIgnoringASCIICase("expect") } }
        let upgrades = HopByHop.upgrades(fields, version: line.version)
        let head = MessageWriter.requestHead(
            line.method, destination.target, host: destination.place.host, fields: endToEnd, upgrades: upgrades,
            framing: framing)
        let url = destination.place.description + (destination.target == "*" ? "" : destination.target)
        return Route(
            destination: destination, base: base,
            head: RequestHead(
                method: line.method, url: Self.text(url), version: "HTTP/1.1",
                fields: endToEnd.map { FieldLine($0.name, Self.text($0.value)) }),
            request: MessageMachine.Request(
                method: line.method, place: destination.place, framing: framing, isOld: isOld,
                keepsAlive: HopByHop.isPersistent(fields, version: line.version), wantsUpgrade: !upgrades.isEmpty,
                head: head))
    }

    /// The answer as the client shall see it.
    func answer(_ head: ResponseHead, framing: MessageFraming, on route: Route) throws(MessageRefusal)
        -> MessageMachine.Answer
    {
        guard head.reason.unicodeScalars.allSatisfy({ $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7F) }) else {
            throw MessageRefusal(
                code: "bad-status-line", detail: "The reason phrase has control octets.", raw: Array(head.reason.utf8))
        }
        var fields = try HopByHop.endToEnd(head.fields)
        if let rewriter { fields = rewriter.responseFields(fields, from: route.destination, base: route.base) }
        // Such an answer has no content and must not announce any (RFC 9110 §8.6); some clients would wait for it.
        if (100..<200).contains(head.status) || head.status == 204 {
            fields.removeAll { $0.name.equalsIgnoringASCIICase("content-length") }
        }
        if head.status == 101 { fields += head.fields.filter { $0.name.equalsIgnoringASCIICase("upgrade") } }
        return MessageMachine.Answer(
            head: ResponseHead(status: head.status, reason: head.reason, version: head.version, fields: fields),
            framing: framing, keepsAlive: HopByHop.isPersistent(head.fields, version: head.version))
    }

    private func destination(
        of line: RequestLine, host: String?
    ) throws(MessageRefusal) -> ReverseRewriter.Destination {
        if let rewriter {
            guard line.method != "CONNECT" else {
                throw MessageRefusal(
                    code: "misdirected", detail: "With --reverse this port is a registry and no proxy for other hosts.")
            }
            return try rewriter.destination(of: line.target, host: host)
        }
        guard let origin = Origin(url: line.target) else {
            throw MessageRefusal(
                code: "not-a-proxy-request",
                detail:
                    "This is the regtape proxy: set it as HTTPS_PROXY or HTTP_PROXY, or start it with --reverse URL "
                    + "to be used as a registry.")
        }
        guard !origin.hadUser, !origin.rest.contains("#") else {
            throw MessageRefusal(
                code: "bad-target", detail: "A request target has neither user information nor a fragment.")
        }
        return ReverseRewriter.Destination(
            place: origin.place, target: origin.rest.isEmpty ? "/" : origin.rest, passesAuthorization: true,
            passesCookies: true)
    }

    /// Text whose characters stand for octets, read as a witness reads octets.
    private static func text(_ octetwise: String) -> String {
        guard octetwise.utf8.contains(where: { $0 >= 0x80 }) else { return octetwise }
        let octets = octetwise.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return String(validating: octets, as: UTF8.self) ?? octetwise
    }
}
