/// Makes records out of JSON.
///
/// What lacks a member that its kind needs stays `unknown` instead of being guessed at; members that are not known are
/// skipped.
enum RecordDecoder {
    static func decode(kind: String, _ value: JSONValue, seq: Int64) -> TapeRecord {
        let record: TapeRecord? =
            switch kind {
            case "tape": header(value).map(TapeRecord.tape)
            case "connection": connection(value).map(TapeRecord.connection)
            case "connection-end": connectionEnd(value).map(TapeRecord.connectionEnd)
            case "exchange": exchange(value, seq: seq).map(TapeRecord.exchange)
            case "anomaly": anomaly(value).map(TapeRecord.anomaly)
            case "gap": value.instant("seen").map { .gap(Gap(seen: $0, reason: value.text("reason"))) }
            case "end": value.instant("ended").map { .end(TapeEnd(ended: $0, reason: value.text("reason"))) }
            default: nil
            }
        return record ?? .unknown(kind: kind, value)
    }

    private static func header(_ value: JSONValue) -> TapeHeader? {
        guard let version = value["version"]?.int, let id = value["id"]?.string, let created = value.instant("created")
        else { return nil }
        return TapeHeader(
            version: version, id: id, created: created, tool: value.text("tool"),
            redactionPolicy: value["redaction"]?.text("policy") ?? "",
            redactionKey: value["redaction"]?.text("key") ?? ""
        )
    }

    private static func anomaly(_ value: JSONValue) -> Anomaly? {
        guard let connection = value["connection"]?.int, let side = Side(rawValue: value.text("side")),
            let seen = value.instant("seen")
        else { return nil }
        return Anomaly(
            connection: connection, exchange: value["exchange"]?.int, side: side, seen: seen, code: value.text("code"),
            detail: value.text("detail"), raw: Hexadecimal.decode(value.text("raw")) ?? []
        )
    }

    private static func connection(_ value: JSONValue) -> Connection? {
        guard let id = value["connection"]?.int, let source = Source(rawValue: value.text("source")),
            let mode = Connection.Mode(rawValue: value.text("mode")), let started = value.instant("started")
        else { return nil }
        return Connection(
            id: id, source: source, mode: mode, started: started, client: value.text("client"),
            authority: value.text("authority"), server: value["server"]?.string, timing: timing(value["timing"]),
            clientTLS: leg(value["clientTLS"]), serverTLS: leg(value["serverTLS"]),
            certificates: (value["certificates"]?.array ?? []).compactMap(certificate), failure: error(value["failure"])
        )
    }

    private static func connectionEnd(_ value: JSONValue) -> ConnectionEnd? {
        guard let id = value["connection"]?.int, let ended = value.instant("ended"),
            let closer = ConnectionEnd.Closer(rawValue: value.text("closedBy"))
        else { return nil }
        return ConnectionEnd(
            id: id, ended: ended, closedBy: closer, clientBytes: value["clientBytes"]?.int64 ?? 0,
            serverBytes: value["serverBytes"]?.int64 ?? 0, error: error(value["error"]),
            packets: value["packets"].map { packets in
                PacketCounts(client: direction(packets["client"]), server: direction(packets["server"]))
            }
        )
    }

    private static func direction(_ value: JSONValue?) -> PacketCounts.Direction {
        PacketCounts.Direction(
            segments: value?["segments"]?.int ?? 0, retransmitted: value?["retransmitted"]?.int ?? 0,
            outOfOrder: value?["outOfOrder"]?.int ?? 0, zeroWindows: value?["zeroWindows"]?.int ?? 0,
            missing: value?["missing"]?.int64 ?? 0)
    }

    private static func leg(_ value: JSONValue?) -> TLSLeg? {
        guard let value, value.members != nil else { return nil }
        return TLSLeg(
            sni: value["sni"]?.string, alpnOffered: value.texts("alpnOffered"),
            versionsOffered: value.texts("versionsOffered"), ciphersOffered: value.texts("ciphersOffered"),
            alpn: value["alpn"]?.string, version: value["version"]?.string, cipher: value["cipher"]?.string
        )
    }

    private static func certificate(_ value: JSONValue) -> CertificateSummary? {
        guard let notBefore = value.instant("notBefore"), let notAfter = value.instant("notAfter") else { return nil }
        return CertificateSummary(
            subject: value.text("subject"), issuer: value.text("issuer"), names: value.texts("names"),
            notBefore: notBefore, notAfter: notAfter
        )
    }

    private static func exchange(_ value: JSONValue, seq: Int64) -> Exchange? {
        guard let connection = value["connection"]?.int, let source = Source(rawValue: value.text("source")),
            let started = value.instant("started"), let request = value["request"],
            let method = request["method"]?.string,
            let url = request["url"]?.string
        else { return nil }
        let head = RequestHead(
            method: method, url: url, version: request.text("version"), fields: fields(request["fields"]))
        return Exchange(
            seq: seq, connection: connection, stream: value["stream"]?.int, source: source, started: started,
            timing: timing(value["timing"]),
            request: Exchange.Request(
                head: head, body: body(request["body"]), trailers: fields(request["trailers"])),
            interim: (value["interim"]?.array ?? []).compactMap(responseHead),
            response: value["response"].flatMap { response in
                responseHead(response).map {
                    Exchange.Response(
                        head: $0, body: body(response["body"]), trailers: fields(response["trailers"]))
                }
            },
            error: error(value["error"])
        )
    }

    private static func responseHead(_ value: JSONValue) -> ResponseHead? {
        guard let status = value["status"]?.int else { return nil }
        return ResponseHead(
            status: status, reason: value.text("reason"), version: value.text("version"),
            fields: fields(value["fields"]))
    }

    private static func fields(_ value: JSONValue?) -> [FieldLine] {
        (value?.array ?? []).compactMap { line in
            guard let name = line[0]?.string, let value = line[1]?.string else { return nil }
            return FieldLine(name, value)
        }
    }

    private static func body(_ value: JSONValue?) -> Body {
        guard let value else { return .empty }
        return Body(
            length: max(0, value["length"]?.int64 ?? 0), sha256: value["sha256"]?.string,
            stored: value["stored"]?.string.flatMap(Body.Storage.init(rawValue:)), text: value["text"]?.string,
            isRedacted: value["redacted"]?.bool ?? false, isDecoded: value["decoded"]?.bool ?? false
        )
    }

    private static func timing(_ value: JSONValue?) -> Timing {
        var timing = Timing()
        timing.dns = value?["dns"]?.int64 ?? 0
        timing.connect = value?["connect"]?.int64 ?? 0
        timing.tls = value?["tls"]?.int64 ?? 0
        timing.send = value?["send"]?.int64 ?? 0
        timing.wait = value?["wait"]?.int64 ?? 0
        timing.receive = value?["receive"]?.int64 ?? 0
        return timing
    }

    private static func error(_ value: JSONValue?) -> ExchangeError? {
        guard let value, let party = Party(rawValue: value.text("party")) else { return nil }
        return ExchangeError(party: party, code: value.text("code"), detail: value.text("detail"))
    }
}

extension JSONValue {
    fileprivate func text(_ name: String) -> String { self[name]?.string ?? "" }

    fileprivate func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }

    fileprivate func instant(_ name: String) -> Instant? { self[name]?.string.flatMap(Instant.init(timestamp:)) }
}
