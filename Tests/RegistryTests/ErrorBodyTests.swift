import Registry
import TapeModel
import Testing

private func body(
    _ content: String, type: String? = nil, status: Int = 400, url: String = "https://r.example/v2/app/manifests/1"
) -> DecodedExchange {
    var trace = Trace()
    let fields: KeyValuePairs<String, String> = type.map { ["Content-Type": $0] } ?? [:]
    return trace.exchange("GET", url, status: status, fields, answer: content)
}

/// REGISTRY-FACTS.md §5, row by row: content, and what a person would read of it.
@Test(arguments: [
    (
        "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\",\"detail\":{\"Tag\":\"1\"}}]}\n",
        "MANIFEST_UNKNOWN: manifest unknown: {\"Tag\":\"1\"}"
    ),
    ("{\"errors\":[{\"code\":\"DENIED\",\"message\":\"denied\",\"detail\":null}]}", "DENIED: denied"),
    (
        "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"m\",\"detail\":[{\"Type\":\"repository\"}]}]}",
        "UNAUTHORIZED: m: [{\"Type\":\"repository\"}]"
    ),
    ("{\"errors\":[{\"status\":404,\"message\":\"Not found\"}]}", "Not found"),
    ("{\"errors\":[{\"code\":\"X\",\"message\":\"\"}],\"error\":\"y\"}", "X"),
    ("{\"errors\":[]}", ""), ("{\"errors\":[\"text\",7]}", "text\n7"),
    ("{\"details\":\"incorrect username or password\"}", "incorrect username or password"),
    ("{\"detail\":\"d\"}", "d"), ("{\"message\":\"toomanyrequests: slow\"}", "toomanyrequests: slow"),
    ("{\"error\":\"invalid_grant\",\"error_description\":\"d\"}", "d"),
    ("{\"error\":{\"code\":403,\"message\":\"m\",\"status\":\"PERMISSION_DENIED\"}}", "403: PERMISSION_DENIED: m"),
    ("{\"odd\":1}", "{\"odd\":1}"), ("{\"cut\":", "{\"cut\":"),
    ("Not Authorized\n", "Not Authorized"), ("Ref A: 1 Ref B: 2 Ref C: 3", "Ref A: 1 Ref B: 2 Ref C: 3"),
    (
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:1</Message><AuthenticationErrorDetail>Signature not valid</AuthenticationErrorDetail></Error>",
        "AuthenticationFailed\nServer failed.\nRequestId:1\nAuthenticationErrorDetail: Signature not valid"
    ),
    (
        "<?xml version=\"1.0\"?>\n<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; &quot;x&quot; &#60;&#x3e; &unknown;</Message><ArgumentName>Authorization</ArgumentName><ArgumentValue>‹element:1›</ArgumentValue></Error>",
        "InvalidArgument\nOnly one auth mechanism allowed; \"x\" <> &unknown;\nArgumentName: Authorization\nArgumentValue: ‹element:1›"
    ),
    ("<Error xmlns='x'><Code><![CDATA[A&B]]></Code><Resource/></Error>", "A&B\nResource: "),
    ("<a:Error xmlns:a=\"x>y\"><a:Code>NoSuchKey</a:Code></a:Error>", "NoSuchKey"),
    ("<ErrorResponse><Error><Code>Throttling</Code><Message>m</Message></Error></ErrorResponse>", "Throttling\nm"),
    ("<Error><Code>Cut</Code><Message>of", "Cut\nof"),
    (
        "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.25</center></body></html>",
        "413 Request Entity Too Large\n413 Request Entity Too Large nginx/1.25"
    ),
    (
        "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>",
        "403 Forbidden Request forbidden by administrative rules."
    ),
    (
        "<!DOCTYPE HTML><TITLE>Attention Required! | Cloudflare</TITLE><style>p{}</style><script>if(a<b)x()</script><!-- no --><p>a &amp; b</p>",
        "Attention Required! | Cloudflare\na & b"
    ),
    ("<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html><head><title>t</title></head></html>", "t"),
    ("<!DOCTYPE Error [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>", "XML with a document type"),
])
func `an error is read whatever its form`(content: String, text: String) {
    #expect(body(content).errorText == text)
}

@Test func `content types are not asked`() {
    #expect(body("{\"errors\":[{\"code\":\"X\",\"message\":\"m\"}]}", type: "text/plain").errors.map(\.code) == ["X"])
    #expect(body("<Error><Code>C</Code></Error>", type: "application/json").storageError?.code == "C")
    #expect(body("{\"errors\":[{\"code\":\"X\",\"message\":\"m\"}]}", type: "text/html").answerer == .registry)
}

@Test func `a page in the place of a manifest is told, a manifest is not`() {
    let page = body("<html><title>Sign in</title></html>", type: "text/html", status: 200)
    #expect(page.errorText == "Sign in")
    #expect(page.answerer == .middlebox)
    #expect(page.manifest == nil)
    #expect(body("{\"schemaVersion\":2}", status: 200).errorBody == nil)
    let blob = body(
        "<html></html>", type: "application/octet-stream", status: 200,
        url: "https://r.example/v2/app/blobs/\(Digest.of("1"))")
    #expect(blob.errorBody == nil)
}

@Test func `a HEAD without a body has the code of its field`() {
    var trace = Trace()
    let head = trace.exchange(
        "HEAD", "https://account.blob.core.windows.net/c/d", status: 404, ["x-ms-error-code": "BlobNotFound"])
    #expect(head.operation.endpoint == .storageHead)
    #expect(head.storageError?.code == "BlobNotFound")
    #expect(head.answerer == .storage)
}

@Test(arguments: [
    (String(repeating: "[", count: 100_000), "JSON that is nested too deeply"),
    (
        "{\"errors\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
        "JSON that is nested too deeply"
    ),
    (String(repeating: "<a>", count: 1_000), "XML that is nested too deeply"),
    ("<Error>" + String(repeating: "<a/>", count: 1_000) + "</Error>", "XML with too many elements"),
    ("<Error><Code>" + String(repeating: "x", count: 300_000), "XML of 300013 octets"),
    ("[" + String(repeating: "0,", count: 200_000) + "0]", "JSON of 400003 octets"),
])
func `a document without measure is refused`(content: String, reason: String) {
    #expect(body(content).errorBody == .refused(reason: reason))
}

@Test func `a page of megabytes gives its beginning`() throws {
    let page = body(
        "<html><title>" + String(repeating: "t", count: 10_000) + "</title>"
            + String(repeating: "<p>wörter ", count: 500_000))
    guard case .html(let html)? = page.errorBody else {
        Issue.record("\(page.errorText.prefix(100)) is no page")
        return
    }
    #expect(html.text.utf8.count <= 4_096)
    #expect(html.text.hasPrefix("wörter wörter"))
    #expect(!html.text.unicodeScalars.contains("\u{FFFD}"))
    #expect(try #require(html.title).utf8.count <= 512)
    #expect(body(String(repeating: "x", count: 5_000_000)).errorText.utf8.count == 4_096)
}

@Test(arguments: [
    ("https://r.example/v2/", 401, "Docker-Distribution-Api-Version: registry/2.0", "", Answerer.registry),
    ("https://r.example/token", 401, "", "{\"details\":\"no\"}", .tokenServer),
    ("https://r.example/v2/app/manifests/1", 502, "Server: nginx", "<html><title>502</title></html>", .middlebox),
    (
        "https://r.example/v2/app/blobs/uploads/1", 413, "Docker-Distribution-Api-Version: registry/2.0",
        "<html><title>413 Request Entity Too Large</title></html>", .middlebox
    ),
    ("https://r.example/v2/", 403, "X-Squid-Error: ERR_ACCESS_DENIED 0", "", .middlebox),
    ("https://r.example/v2/", 403, "Server: Zscaler/6.0", "denied", .middlebox),
    ("https://mcr.microsoft.com/v2/x/manifests/1", 429, "", "Ref A: 1 Ref B: 2 Ref C: 3", .middlebox),
    ("https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/", 401, "", "Not Authorized\n", .registry),
    (
        "https://r.example/v2/app/blobs/x", 403, "x-amz-request-id: 1", "<Error><Code>AccessDenied</Code></Error>",
        .storage
    ),
    (
        "https://r.example/v2/", 502, "",
        "{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\"regtape: no such host\",\"detail\":{}}]}", .recorder
    ),
    ("https://r.example/v2/", 200, "", "{}", .registry),
])
func `an answer shows who gave it`(
    url: String, status: Int, field: String, content: String, answerer: Answerer
) {
    var trace = Trace()
    let parts = field.split(separator: ": ").map(String.init)
    let fields: KeyValuePairs<String, String> = parts.count == 2 ? [parts[0]: parts[1]] : [:]
    #expect(trace.exchange("GET", url, status: status, fields, answer: content).answerer == answerer)
}

@Test func `nobody answered where nothing came`() {
    var trace = Trace()
    let lost = trace.exchange(
        "GET", "https://r.example/v2/", status: nil,
        error: ExchangeError(party: .network, code: "connection-reset", detail: "The peer reset the connection."))
    #expect(lost.answerer == nil)
    #expect(lost.status == nil)
    #expect(!lost.isSuccess)
}
