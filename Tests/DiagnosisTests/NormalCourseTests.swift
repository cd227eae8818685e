import Diagnosis
import Registry
import TapeModel
import Testing

/// Errors that belong to the protocol are no findings; the same errors out of place are.
struct NormalCourseTests {
    private static let challenge = Challenge(bearerRealm: "https://auth.example/token")
    private static let bearer = Credentials(bearer: "t1")

    @Test func `the handshake of a login is silent`() {
        var trace = HandMade()
        trace.exchange("GET", .ping, repository: nil, tag: nil, status: 401) { $0.challenges = [Self.challenge] }
        trace.exchange("GET", .tokenGet, host: "auth.example", repository: nil, tag: nil, role: .tokenServer)
        trace.exchange(status: 200) { $0.credentials = Self.bearer }
        #expect(trace.findings(HandMade.lastResort) == [])
    }

    @Test func `a challenge that nobody takes up is an error`() {
        var trace = HandMade()
        trace.exchange(status: 401) { $0.challenges = [Self.challenge] }
        #expect(trace.findings(HandMade.lastResort).map(\.severity) == [.error])
    }

    @Test func `credentials that are refused are an error`() {
        var trace = HandMade()
        trace.exchange(status: 401) { $0.challenges = [Self.challenge] }
        trace.exchange(status: 401) {
            $0.challenges = [Self.challenge]
            $0.credentials = Self.bearer
        }
        #expect(trace.findings(HandMade.lastResort).map { $0.evidence.first?.seq } == [2])
    }

    @Test func `asking whether a blob is there before it is pushed is silent`() {
        var trace = HandMade()
        trace.exchange("HEAD", .blobHead, tag: nil, status: 404)
        trace.exchange("POST", .uploadMount, tag: nil, status: 202)
        trace.exchange("POST", .uploadStart, tag: nil, status: 202)
        #expect(trace.findings(HandMade.lastResort) == [])
    }

    @Test func `referrers, signatures and trust data that are not there are silent`() {
        var trace = HandMade()
        trace.exchange("GET", .referrersGet, tag: nil, status: 404)
        trace.exchange(tag: "sha256-dc2a3e1f6b7a4c5d8e9f00112233445566778899aabbccddeeff001122334455.sig", status: 404)
        trace.exchange("GET", .trustGet, tag: nil, status: 404)
        trace.exchange("GET", .signatureGet, tag: nil, status: 404)
        #expect(trace.findings(HandMade.lastResort) == [])
    }

    @Test func `a HEAD that a GET follows leaves the word to the GET`() {
        var trace = HandMade()
        trace.exchange("HEAD", .manifestHead, status: 404)
        trace.exchange("GET", .manifestGet, status: 200)
        #expect(trace.findings(HandMade.lastResort) == [])
        trace.exchange("HEAD", .manifestHead, tag: "v2", status: 404)
        trace.exchange("GET", .manifestGet, tag: "v2", status: 404)
        #expect(trace.findings(HandMade.lastResort).map { $0.evidence.first?.seq } == [4])
    }

    @Test func `a tag that is looked for before it is pushed is silent, a missing one is not`() {
        var trace = HandMade()
        trace.exchange("HEAD", .manifestHead, tag: "new", status: 404)
        trace.exchange("PUT", .manifestPut, tag: "new", status: 201)
        #expect(trace.findings(HandMade.lastResort) == [])
        trace.exchange("HEAD", .manifestHead, tag: "old", status: 404)
        #expect(trace.findings(HandMade.lastResort).count == 1)
    }

    @Test func `a form that the token server does not know is silent when the query gave a token`() {
        var trace = HandMade()
        trace.exchange("POST", .tokenPost, host: "auth.example", repository: nil, tag: nil, status: 404)
        trace.exchange("GET", .tokenGet, host: "auth.example", repository: nil, tag: nil, status: 200)
        #expect(trace.findings(HandMade.lastResort) == [])
    }

    @Test func `an error that nothing explains is told with who said what, and where it stands`() {
        var trace = HandMade()
        trace.exchange("PUT", .manifestPut, status: 418) {
            $0.errorBody = .registry([RegistryError(code: "TEAPOT", message: "short\nand stout")])
            $0.credentials = Self.bearer
            $0.challenge = ChallengeSource(seq: 1, ended: Instant(microseconds: 0))
        }
        let finding = trace.findings(HandMade.lastResort).first
        #expect(
            finding?.title == "The registry registry.example answered 418 TEAPOT to PUT manifest app:v1 (exchange 1).")
        #expect(
            finding?.detail
                == "The answer says: \"short and stout\". Of the request: it answers the challenge of exchange 1; "
                + "it carries Bearer credentials.")
        #expect(finding?.party == .registry)
    }

    @Test func `a request without an answer is told with what cut it off`() {
        var trace = HandMade()
        trace.exchange(status: nil)
        let finding = trace.findings(HandMade.lastResort).first
        #expect(
            finding?.title
                == "GET manifest app:v1 at registry.example got no answer: The server reset the connection (exchange 1)."
        )
        #expect(finding?.party == .network)
    }
}
