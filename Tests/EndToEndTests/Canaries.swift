import Foundation

/// Secrets of every kind that REGISTRY-FACTS.md §6 names, made up for one test and like nothing else on a disk.
struct Canaries {
    /// By kind.
    ///
    /// The characters at the end look different in a URL and in base64.
    private(set) var values: [String: String] = [:]

    /// A canary of that kind, the same one each time.
    subscript(kind: String) -> String { values[kind] ?? "" }

    private static let kinds = [
        "basic", "bearer", "cookie", "setCookie", "queryToken", "amzSignature", "amzToken", "sas", "jwtSignature",
        "refreshSent", "refreshAnswer", "accessAnswer", "identityAnswer", "formPassword", "quoted", "userInfo",
        "pathToken", "privateToken", "registryAuth", "page", "uploadState", "s3", "vendor", "account", "malformed",
        "proxyAuth", "upstream",
    ]

    init() {
        for kind in Self.kinds {
            values[kind] = "cNry7-\(kind)-\(String(UInt64.random(in: 1 << 60 ... .max), radix: 36))+z/9="
        }
        // A path segment and a JWT's signature have alphabets of their own.
        for kind in ["pathToken", "jwtSignature", "uploadState"] {
            values[kind] = self[kind].filter { $0.isLetter || $0.isNumber || $0 == "-" }
        }
    }

    /// As it stands in a query.
    func encoded(_ kind: String) -> String { Self.encoded(self[kind]) }

    /// Everything that gives this secret away.
    func forms(of kind: String) -> [String] {
        let value = self[kind]
        let encoded = Self.encoded(value)
        return [
            value, encoded, encoded.lowercased(), Data(value.utf8).base64EncodedString(),
            Data("alice:\(value)".utf8).base64EncodedString(),
        ]
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-"))) ?? text
    }
}

extension Canaries {
    private static let claims = Data(#"{"iss":"issuer.test","sub":"someone","exp":1}"#.utf8).base64EncodedString()

    /// What the origin answers: the inside of nginx's `server`.
    var locations: String {
        let token = "eyJhbGciOiJFUzI1NiJ9.\(Self.claims.filter { $0 != "=" }).\(self["jwtSignature"])"
        let storage = "https://store.test/blob?sv=2018-03-28&sp=r&se=2036-01-01&sig=\(encoded("sas"))"
        return """
            location = /v2/ { return 200 "ok"; }
            location = /v2/cookie {
                add_header Set-Cookie "session=\(self["setCookie"]); Path=/; Secure";
                add_header X-Vendor-Session "\(self["vendor"])";
                return 200 "ok";
            }
            location = /v2/redirect { return 307 "\(storage)"; }
            location = /v2/upload { return 202 "ok"; }
            location = /v2/userinfo { return 307 "https://alice:\(encoded("userInfo"))@store.test/blob"; }
            location = /v2/path {
                return 302 "https://pkg.test/artifacts-downloads/namespaces/p/repositories/r/downloads/\(self["pathToken"])";
            }
            location = /v2/state {
                add_header Location "/v2/app/blobs/uploads/7?_state=\(self["uploadState"])" always;
                return 202;
            }
            location = /v2/page {
                add_header Link '</v2/_catalog?next_page=\(encoded("page"))>; rel="next"';
                return 200 "{}";
            }
            location = /token {
                # What is sent here is read before it is answered: over HTTP/2 nothing else makes it arrive.
                mirror /sink;
                error_page 404 405 = @token;
            }
            location = /sink { internal; return 204; }
            location @token {
                default_type application/json;
                return 200 '{"token":"\(token)","access_token":"\(self["accessAnswer"])","refresh_token":"\(self["refreshAnswer"])","identitytoken":"\(self["identityAnswer"])","expires_in":300}';
            }
            location = /v2/quote {
                default_type text/html;
                return 400 "<p>We do not understand: Authorization: $http_authorization</p>";
            }
            location = /v2/s3 {
                default_type application/xml;
                return 403 "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>\(self["s3"])</StringToSign><ArgumentValue>\(self["s3"])</ArgumentValue></Error>";
            }
            """
    }

    /// What a client sends, as curl's configuration, so that no process list shows it.
    ///
    /// `common` is said for each request: the proxy, the trust, the version.
    func requests(to base: String, common: String) -> String {
        let requests = [
            "url = \"\(base)/v2/\"\nuser = \"alice:\(self["basic"])\"",
            "url = \"\(base)/v2/\"\nheader = \"Authorization: Bearer \(self["bearer"])\"",
            "url = \"\(base)/v2/cookie\"\nheader = \"Cookie: session=\(self["cookie"])\"",
            "url = \"\(base)/v2/?token=\(encoded("queryToken"))\"",
            "url = \"\(base)/v2/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60&X-Amz-Signature="
                + "\(encoded("amzSignature"))&X-Amz-Security-Token=\(encoded("amzToken"))\"",
            "url = \"\(base)/v2/redirect\"", "url = \"\(base)/v2/userinfo\"", "url = \"\(base)/v2/path\"",
            "url = \"\(base)/v2/state\"", "url = \"\(base)/v2/page\"", "url = \"\(base)/v2/s3\"",
            "url = \"\(base)/token?service=r.test&scope=repository%3Aapp%3Apull&account=\(encoded("account"))\"",
            "url = \"\(base)/token\"\ndata = \"grant_type=refresh_token&service=r.test&refresh_token="
                + "\(encoded("refreshSent"))\"",
            "url = \"\(base)/token\"\ndata = \"grant_type=password&username=alice&password=\(encoded("formPassword"))\"",
            "url = \"\(base)/v2/quote\"\nheader = \"Authorization: Bearer \(self["quoted"])\"",
            "url = \"\(base)/v2/\"\nheader = \"PRIVATE-TOKEN: \(self["privateToken"])\"\nheader = \"X-Registry-Auth: "
                + Data(self["registryAuth"].utf8).base64EncodedString() + "\"",
            "url = \"\(base)/v2/\"\nhttp1.1\nheader = \"Authorization : Bearer \(self["malformed"])\"",
        ]
        return requests.map { "\($0)\n\(common)\nsilent\noutput = \"/dev/null\"" }.joined(separator: "\nnext\n")
    }
}
