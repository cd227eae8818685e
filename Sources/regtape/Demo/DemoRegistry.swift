import TapeModel
import Wire

/// The demo's three hosts: a registry with tokens that redirects blobs, its token server, and a blob storage that
/// answers as Azure's does when it is sent a credential that is not its own.
enum DemoRegistry {
    static let registry = "registry.example"
    static let tokens = "auth.example"
    static let blobs = "blobs.example"

    /// `demo:a-password-that-nobody-sees`, sent to the token server and nowhere to be found on the tape.
    static let basicCredentials = "Basic ZGVtbzphLXBhc3N3b3JkLXRoYXQtbm9ib2R5LXNlZXM="

    static let layer = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

    static func registry(_ line: RequestLine, _ fields: [FieldLine]) -> DemoAnswer {
        let version = FieldLine("Docker-Distribution-Api-Version", "registry/2.0")
        guard fields.first("authorization") != nil else {
            let scope = line.target == "/v2/" ? "" : ",scope=\"repository:app:pull\""
            return DemoAnswer(
                status: 401, reason: "Unauthorized",
                fields: [
                    version,
                    FieldLine(
                        "WWW-Authenticate",
                        "Bearer realm=\"https://\(tokens)/token\",service=\"\(registry)\"" + scope),
                    FieldLine("Content-Type", "application/json"),
                ],
                body: #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
        }
        switch line.target {
        case "/v2/app/manifests/1":
            return DemoAnswer(
                status: 200, reason: "OK",
                fields: [version, FieldLine("Content-Type", "application/vnd.oci.image.manifest.v1+json")],
                body: """
                    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
                    "config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":\
                    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},\
                    "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":88080384,"digest":"\(layer)"}]}
                    """)
        case "/v2/app/blobs/\(layer)":
            let signed = "sv=2024-08-04&se=2099-01-01T00%3A20%3A00Z&sr=b&sp=r&sig=c2lnbmF0dXJlLW9mLXRoZS1kZW1v"
            return DemoAnswer(
                status: 307, reason: "Temporary Redirect",
                fields: [
                    version, FieldLine("Location", "https://\(blobs)/registry/\(layer.dropFirst(7))/data?\(signed)"),
                ])
        default:
            return DemoAnswer(
                status: 404, reason: "Not Found", fields: [version, FieldLine("Content-Type", "application/json")],
                body: #"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#)
        }
    }

    static func tokenServer(_ line: RequestLine, _ fields: [FieldLine]) -> DemoAnswer {
        guard fields.first("authorization") != nil else {
            return DemoAnswer(
                status: 401, reason: "Unauthorized", fields: [FieldLine("Content-Type", "application/json")],
                body: #"{"details":"incorrect username or password"}"#)
        }
        return DemoAnswer(
            status: 200, reason: "OK", fields: [FieldLine("Content-Type", "application/json")],
            body: #"{"token":"ZGVtby10b2tlbi1vZi1vbmUtYWZ0ZXJub29u","expires_in":300}"#)
    }

    static func storage(_ line: RequestLine, _ fields: [FieldLine]) -> DemoAnswer {
        let server = FieldLine("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
        guard fields.first("authorization") == nil else {
            return DemoAnswer(
                status: 400, reason: "Bad Request",
                fields: [
                    server, FieldLine("Content-Type", "application/xml"),
                    FieldLine("x-ms-error-code", "InvalidAuthenticationInfo"),
                    FieldLine("x-ms-request-id", "0b5e2b1c-501e-0042-2f1a-000000000000"),
                ],
                body: """
                    <?xml version="1.0" encoding="utf-8"?><Error><Code>InvalidAuthenticationInfo</Code><Message>\
                    Authentication information is not given in the correct format. Check the value of Authorization \
                    header.</Message></Error>
                    """)
        }
        return DemoAnswer(status: 200, reason: "OK", fields: [server], body: "layer")
    }
}
