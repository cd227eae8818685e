import Registry
import TapeModel
import Testing

/// The filter language, over one exchange that each line asks about.
struct FilterTests {
    private var subject: FilterSubject {
        let head = RequestHead(
            method: "GET", url: "https://exreg.azurecr.io:444/v2/team/app/blobs/sha256:abc?x=1", version: "HTTP/2",
            fields: [])
        var timing = Timing()
        timing.wait = 1_500_000
        let exchange = Exchange(
            seq: 12, connection: 3, source: .proxy, started: Instant(microseconds: 0), timing: timing,
            request: Exchange.Request(head: head),
            response: Exchange.Response(
                head: ResponseHead(
                    status: 403, reason: "", version: "HTTP/2", fields: [FieldLine("Content-Type", "application/xml")]),
                body: Body(length: 2_000_000)),
            error: nil)
        var subject = FilterSubject(
            exchange,
            operation: Operation(endpoint: .blobGet, repository: "team/app"), authority: "exreg.azurecr.io:444",
            path: "/v2/team/app/blobs/sha256:abc", role: .registry)
        subject.findings = ["signature-expired"]
        return subject
    }

    @Test(arguments: [
        "", "host:*.azurecr.io:444", "host:exreg.azurecr.io", "host:EXREG.*", "status:403", "status:>=400",
        "status:4xx", "status:400..499", "status:200,403", "status:<500", "op:blob.get", "op:blob.*", "method:get",
        "-method:HEAD", "not method:HEAD", "repo:team/app", "repo:team/*", "finding:*", "finding:signature-*",
        "size:>1M", "size:2M", "duration:>1000", "duration:1500", "seq:12", "connection:3", "type:application/xml",
        "blobs", "\"sha256:abc\"", "sha256:abc", "team*blobs", "version:http/2", "role:registry",
        "status:404 or status:403", "(status:404 or status:403) method:GET", "not (status:404 or status:500)",
        "status:403 and method:GET", "--method:GET", "status:>402 status:<404 -finding:other",
        "url:\"https://exreg*\"",
    ])
    func `a filter that fits lets the exchange pass`(text: String) throws {
        #expect(try Filter(text).matches(subject))
    }

    @Test(arguments: [
        "host:azurecr.io", "status:404", "status:5xx", "status:>403", "op:blob.head", "-method:GET", "finding:leak*",
        "size:<1M", "elsewhere", "status:403 method:PUT", "status:404 or method:PUT", "not status:403",
        "-(status:403 or status:404)", "repo:app", "workflow:1", "client:*", "error:*", "ref:*",
    ])
    func `a filter that does not fit holds it back`(text: String) throws {
        #expect(try !Filter(text).matches(subject))
    }

    @Test(arguments: [
        ("status:abc", 0, "no number"), ("method:GET colour:red", 11, "no key \"colour\""),
        ("(status:404", 0, "never closed"),
        ("status:404)", 10, "never opened"), ("or", 0, "expected"), ("status:404 or", 13, "expected"),
        ("not", 3, "expected"),
        ("status:", 0, "needs a value"), ("a \"b", 2, "no end"), ("status:500..400", 0, "no number"),
        ("()", 1, "expected"),
        ("status:99999999999999999999", 0, "no number"), ("size:9999999999999999G", 0, "no number"),
    ])
    func `a mistake is told with its place`(text: String, offset: Int, words: String) {
        let error = #expect(throws: FilterError.self) { try Filter(text) }
        #expect(error?.offset == offset)
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test func `brackets without end are refused and not followed`() {
        #expect(throws: FilterError.self) { try Filter(String(repeating: "(", count: 100_000)) }
        #expect(throws: FilterError.self) { try Filter(String(repeating: "-", count: 100_000) + "a") }
    }

    @Test func `only findings need the whole trace`() throws {
        #expect(try Filter("status:404 (op:ping or -finding:x)").asksForFindings)
        #expect(try !Filter("status:404 op:ping").asksForFindings)
    }

    @Test func `a pattern of many stars stays quick`() throws {
        let text = String(repeating: "a", count: 20_000)
        #expect(!GlobProbe.matches(String(repeating: "*a", count: 200) + "b", text))
    }

    private enum GlobProbe {
        static func matches(_ pattern: String, _ text: String) -> Bool {
            guard let filter = try? Filter("path:\(pattern)") else { return false }
            let head = RequestHead(method: "GET", url: "", version: "HTTP/1.1", fields: [])
            let exchange = Exchange(
                connection: 1, source: .proxy, started: Instant(microseconds: 0), request: Exchange.Request(head: head))
            return filter.matches(
                FilterSubject(
                    exchange, operation: Operation(endpoint: .unknown), authority: "", path: text, role: .other))
        }
    }
}
