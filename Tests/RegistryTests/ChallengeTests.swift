import Registry
import TapeModel
import Testing

/// The challenges that an answer with these `WWW-Authenticate` lines holds.
private func challenges(_ lines: [String]) -> [Challenge] {
    var decoder = TraceDecoder()
    let exchange = Exchange(
        connection: 1, source: .imported, started: Instant(microseconds: 0),
        request: .init(head: RequestHead(method: "GET", url: "https://r.example/v2/", version: "HTTP/1.1", fields: [])),
        response: .init(
            head: ResponseHead(
                status: 401, reason: "", version: "HTTP/1.1", fields: lines.map { FieldLine("Www-Authenticate", $0) })))
    for case .exchange(let decoded) in decoder.handle(.exchange(exchange), seq: 1, contents: .init()) {
        return decoded.challenges
    }
    return []
}

struct ExpectedChallenge: Sendable, Equatable {
    var scheme: String
    var realm: String?
    var service: String?
    var scopes: [String] = []
    var error: String?
}

extension ExpectedChallenge {
    init(_ challenge: Challenge) {
        self.init(
            scheme: challenge.scheme, realm: challenge.realm, service: challenge.service,
            scopes: challenge.scopes.map(\.description), error: challenge.error)
    }
}

/// REGISTRY-FACTS.md §2.1 and §2.2.
@Test(arguments: [
    (
        [
            "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/x:pull\""
        ],
        [
            ExpectedChallenge(
                scheme: "Bearer", realm: "https://auth.docker.io/token", service: "registry.docker.io",
                scopes: ["repository:library/x:pull"])
        ]
    ),
    (
        ["BASIC realm=\"Sonatype Nexus Repository Manager\""],
        [ExpectedChallenge(scheme: "BASIC", realm: "Sonatype Nexus Repository Manager")]
    ),
    (
        ["Basic realm=\"https://1.dkr.ecr.eu-west-1.amazonaws.com/\",service=\"ecr.amazonaws.com\""],
        [
            ExpectedChallenge(
                scheme: "Basic", realm: "https://1.dkr.ecr.eu-west-1.amazonaws.com/", service: "ecr.amazonaws.com")
        ]
    ),
    // Several fields, several in one.
    (
        ["Bearer realm=\"https://a/t\"", "Basic realm=\"b\""],
        [ExpectedChallenge(scheme: "Bearer", realm: "https://a/t"), ExpectedChallenge(scheme: "Basic", realm: "b")]
    ),
    (
        ["Basic realm=\"a, b\", Bearer realm=\"https://a/t\", service=\"s\""],
        [
            ExpectedChallenge(scheme: "Basic", realm: "a, b"),
            ExpectedChallenge(scheme: "Bearer", realm: "https://a/t", service: "s"),
        ]
    ),
    (
        ["Negotiate, NTLM, Basic realm=x"],
        [.init(scheme: "Negotiate"), .init(scheme: "NTLM"), .init(scheme: "Basic", realm: "x")]
    ),
    (
        ["Negotiate YII==, NTLM abc, Basic realm=x"],
        [.init(scheme: "Negotiate"), .init(scheme: "NTLM"), .init(scheme: "Basic", realm: "x")]
    ),
    // Odd case, blanks, no quotes, no commas, escapes, an end too early.
    (["bEaReR REALM = \"https://a/t\" , Service=s"], [.init(scheme: "bEaReR", realm: "https://a/t", service: "s")]),
    (
        ["Bearer realm=https://a:5001/t?x=1,service=s"],
        [.init(scheme: "Bearer", realm: "https://a:5001/t?x=1", service: "s")]
    ),
    (
        ["Bearer authorization_uri=https://login.example/t resource_id=https://storage.azure.com"],
        [.init(scheme: "Bearer")]
    ),
    (["Bearer realm=\"a\\\"b\""], [.init(scheme: "Bearer", realm: "a\"b")]),
    (["Bearer realm=\"https://a/t"], [.init(scheme: "Bearer", realm: "https://a/t")]),
    (["realm=\"x\""], [.init(scheme: "", realm: "x")]),
    ([""], []), ([",,  ,"], []), (["\"\""], []), (["=="], []),
    // Scopes: several, with a class, with a port in the name.
    (
        [
            "Bearer realm=\"r\",scope=\"repository:a:pull,push repository(plugin):h:5000/b:pull registry:catalog:*\",error=\"insufficient_scope\""
        ],
        [
            .init(
                scheme: "Bearer", realm: "r",
                scopes: ["repository:a:pull,push", "repository(plugin):h:5000/b:pull", "registry:catalog:*"],
                error: "insufficient_scope")
        ]
    ),
])
func `a challenge is read as registries write it`(lines: [String], expected: [ExpectedChallenge]) {
    #expect(challenges(lines).map(ExpectedChallenge.init) == expected)
}

@Test func `of a challenge every parameter is kept, and scopes have a class and a port`() throws {
    let challenge = try #require(
        challenges(["Bearer Realm=\"r\",X-Odd=1,scope=\"repository(plugin):host:5000/b:pull,push\""]).first)
    #expect(challenge.parameters.map(\.name) == ["realm", "x-odd", "scope"])
    #expect(
        challenge.scopes == [
            TokenScope(type: "repository", resourceClass: "plugin", name: "host:5000/b", actions: ["pull", "push"])
        ])
}

@Test func `a 407 tells the proxy's challenge`() {
    var trace = Trace()
    let refused = trace.exchange(
        "CONNECT", "r.example:443", status: 407, ["Proxy-Authenticate": "Basic realm=\"proxy\""])
    #expect(refused.operation.endpoint == .connect)
    #expect(refused.challenges.first?.realm == "proxy")
    #expect(refused.answerer == .middlebox)
}

@Test(arguments: [
    (
        "GET",
        "?service=s&scope=repository:a:pull&scope=repository:b:pull,push&account=x&offline_token=true&client_id=docker",
        "", 2, 2
    ),
    ("GET", "?service=s&scope=repository%3Aa%3Apull+repository%3Ab%3Apull", "", 2, 1),
    (
        "POST", "",
        "grant_type=password&service=s&client_id=c&access_type=offline&scope=repository:a:pull+repository:b:push&username=x&password=‹password:1›",
        2, 1
    ),
])
func `a token request is read from query and form`(
    method: String, query: String, form: String, scopes: Int, parameters: Int
) throws {
    var trace = Trace()
    let request = try #require(
        trace.exchange(method, "https://auth.example/token" + query, content: form, status: 200).tokenRequest)
    #expect(request.service == "s")
    #expect(request.scopes.count == scopes)
    #expect(request.scopeParameters == parameters)
    #expect(request.wantsRefreshToken == query.contains("offline") || form.contains("offline"))
    #expect(request.isAnonymous == form.isEmpty)
    #expect(request.namesAccount == (query.contains("account") || form.contains("username")))
}

@Test(arguments: [
    (
        "{\"token\":\"a\",\"access_token\":\"b\",\"expires_in\":1800,\"issued_at\":\"2026-01-01T00:00:00.5Z\"}", 1800,
        true
    ),
    ("{\"access_token\":\"a\"}", 60, false),
    ("{\"token\":\"\",\"access_token\":\"a\",\"expires_in\":\"300\"}", 300, true),
    ("{\"token\":\"a\",\"expires_in\":299.9}", 299, true), ("{\"token\":\"a\",\"expires_in\":-5}", 0, true),
    ("{\"token\":\"a\",\"expires_in\":99999999999999999999999}", 60, false),
])
func `a token answer gives its token and its life`(body: String, life: Int64, says: Bool) throws {
    var trace = Trace()
    let answer = try #require(
        trace.exchange("GET", "https://auth.example/token", status: 200, answer: body).tokenAnswer)
    #expect(answer.expiresIn == life)
    #expect(answer.saysExpiry == says)
    let user = trace.exchange("GET", "https://r.example/v2/", ["Authorization": "Bearer a"], status: 200)
    #expect(user.grant?.answer.token == answer.token)
}
