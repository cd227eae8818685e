/// Names of the error codes in RST_STREAM and GOAWAY (RFC 9113 §7).
enum HTTP2ErrorCode {
    private static let names = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
        "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]

    static func name(of octets: ArraySlice<UInt8>) -> String {
        guard octets.count == 4 else { return "no code" }
        let code = octets.reduce(0) { $0 << 8 | Int($1) }
        return names.indices.contains(code) ? names[code] : "code \(code)"
    }
}
