import Registry
import TapeModel

/// What storage says to a signed URL that has expired (REGISTRY-FACTS.md §4.2, §5).
enum ExpiredURL {
    static func answer(_ storage: FaultRule.Storage, _ now: Instant) -> ReplayAnswer {
        let hour: Int64 = 3_600_000_000
        let expired = Instant(microseconds: now.microseconds.subtractingReportingOverflow(hour).partialValue)
        let status: Int
        let text: String
        var fields = [AnswerField("Content-Type", "application/xml")]
        switch storage {
        case .azure:
            status = 403
            text =
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\nRequestId:00000000-0000-0000-0000-000000000000\nTime:\(now.timestamp)</Message><AuthenticationErrorDetail>Signed expiry time [\(expired.httpDate)] must be after signed start time [\(expired.httpDate)]. Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>"
            fields += [
                AnswerField("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"),
                AnswerField("x-ms-request-id", "00000000-0000-0000-0000-000000000000"),
                AnswerField("x-ms-error-code", "AuthenticationFailed"),
            ]
        case .s3:
            status = 403
            text =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>1200</X-Amz-Expires><Expires>\(second(expired))</Expires><ServerTime>\(second(now))</ServerTime><RequestId>0000000000000000</RequestId></Error>"
            fields += [AnswerField("Server", "AmazonS3"), AnswerField("x-amz-request-id", "0000000000000000")]
        case .gcs:
            status = 400
            text =
                "<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code><Message>Invalid argument.</Message><Details>The provided token has expired. Request signature expired at: \(second(expired))</Details></Error>"
            fields += [AnswerField("Server", "UploadServer"), AnswerField("x-guploader-uploadid", "0000")]
        }
        let body = Array(text.utf8)
        fields.append(AnswerField("Content-Length", String(body.count)))
        return ReplayAnswer(status: status, fields: fields, body: [.octets(body)], origin: .fault)
    }

    /// `url`, signed so that it expired five minutes ago.
    static func location(_ url: String, _ storage: FaultRule.Storage, _ now: Instant) -> String {
        let minute: Int64 = 60_000_000
        let start = Instant(microseconds: now.microseconds.subtractingReportingOverflow(25 * minute).partialValue)
        let end = Instant(microseconds: now.microseconds.subtractingReportingOverflow(5 * minute).partialValue)
        let compact = start.timestamp.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
        let path = url.prefix { $0 != "?" && $0 != "#" }
        switch storage {
        case .azure:
            return path + "?sp=r&sv=2025-01-05&sr=b&se=\(second(end))&sig=\(signature)"
        case .s3:
            return path + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=\(compact)&X-Amz-Expires=1200"
                + "&X-Amz-SignedHeaders=host&X-Amz-Signature=\(signature)"
        case .gcs:
            return path + "?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date=\(compact)&X-Goog-Expires=1200"
                + "&X-Goog-SignedHeaders=host&X-Goog-Signature=\(signature)"
        }
    }

    /// The storage that `location` signed a URL for; nothing for a URL that it did not make.
    static func storage(of url: TargetURL) -> FaultRule.Storage? {
        FaultRule.Storage.allCases.first { storage in
            let parameter =
                switch storage {
                case .azure: "sig"
                case .s3: "X-Amz-Signature"
                case .gcs: "X-Goog-Signature"
                }
            return url[parameter: parameter] == signature
        }
    }

    /// No signature of a tape is as short.
    private static let signature = "regtape"

    private static func second(_ instant: Instant) -> String { instant.timestamp.prefix(19) + "Z" }
}
