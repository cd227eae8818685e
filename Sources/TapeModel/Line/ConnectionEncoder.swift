/// The members of connection and connection-end records.
enum ConnectionEncoder {
    static func members(of connection: Connection, into writer: inout JSONWriter) {
        writer.member("connection", Int64(connection.id))
        writer.member("source", connection.source.rawValue)
        writer.member("mode", connection.mode.rawValue)
        writer.member("started", connection.started)
        writer.member("client", connection.client)
        writer.member("authority", connection.authority)
        writer.member("server", connection.server)
        writer.member("timing", connection.timing)
        leg("clientTLS", connection.clientTLS, into: &writer)
        leg("serverTLS", connection.serverTLS, into: &writer)
        writer.name("certificates")
        writer.beginArray()
        for certificate in connection.certificates {
            writer.beginObject()
            writer.member("subject", certificate.subject)
            writer.member("issuer", certificate.issuer)
            writer.member("names", certificate.names)
            writer.member("notBefore", certificate.notBefore)
            writer.member("notAfter", certificate.notAfter)
            writer.endObject()
        }
        writer.endArray()
        writer.member("failure", connection.failure)
    }

    static func members(of end: ConnectionEnd, into writer: inout JSONWriter) {
        writer.member("connection", Int64(end.id))
        writer.member("ended", end.ended)
        writer.member("closedBy", end.closedBy.rawValue)
        writer.member("clientBytes", end.clientBytes)
        writer.member("serverBytes", end.serverBytes)
        writer.member("error", end.error)
        // Only packet capture has these, so other tapes are spared the column.
        guard let packets = end.packets else { return }
        writer.name("packets")
        writer.beginObject()
        direction("client", packets.client, into: &writer)
        direction("server", packets.server, into: &writer)
        writer.endObject()
    }

    private static func direction(
        _ name: StaticString, _ counts: PacketCounts.Direction, into writer: inout JSONWriter
    ) {
        writer.name(name)
        writer.beginObject()
        writer.member("segments", Int64(counts.segments))
        writer.member("retransmitted", Int64(counts.retransmitted))
        writer.member("outOfOrder", Int64(counts.outOfOrder))
        writer.member("zeroWindows", Int64(counts.zeroWindows))
        writer.member("missing", counts.missing)
        writer.endObject()
    }

    private static func leg(_ name: StaticString, _ leg: TLSLeg?, into writer: inout JSONWriter) {
        writer.name(name)
        guard let leg else { return writer.null() }
        writer.beginObject()
        writer.member("sni", leg.sni)
        writer.member("alpnOffered", leg.alpnOffered)
        writer.member("versionsOffered", leg.versionsOffered)
        writer.member("ciphersOffered", leg.ciphersOffered)
        writer.member("alpn", leg.alpn)
        writer.member("version", leg.version)
        writer.member("cipher", leg.cipher)
        writer.endObject()
    }
}
