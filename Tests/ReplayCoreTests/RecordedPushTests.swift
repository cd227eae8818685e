import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// The push of a real client replays with other ids and other chunks, and no other push does.
struct RecordedPushTests {
    private static let base = "https://registry.regtape.test:6443/v2/app/copied"
    private static let token = [FieldLine("Authorization", "Bearer any")]
    private let tape: FixtureTape
    private let config: [UInt8]
    private let manifest: [UInt8]

    init() throws {
        tape = try FixtureTape("pull-and-push.tape")
        config = try tape.octets(
            of: #require(tape.exchanges.first { $0.request.head.method == "PATCH" }).request.body)
        manifest = try tape.octets(
            of: #require(tape.exchanges.last { $0.request.head.url.hasSuffix("/manifests/1") }).request.body)
    }

    private func upload(_ octets: [UInt8], chunk: Int, to server: inout TestServer) throws -> TestServer.Answer {
        let start = server.ask("POST", Self.base + "/blobs/uploads/", Self.token)
        #expect(start.status == 202)
        var location = try #require(start("location"))
        for place in stride(from: 0, to: octets.count, by: chunk) {
            let end = min(place + chunk, octets.count)
            let answer = server.ask(
                "PATCH", location, Self.token + [FieldLine("Content-Range", "\(place)-\(end - 1)")],
                body: Array(octets[place..<end]))
            #expect(answer.status == 202)
            location = try #require(answer("location"))
        }
        return server.ask("PUT", location + "?digest=sha256:" + SHA256.hex(octets), Self.token)
    }

    @Test(arguments: [1, 100, 474, 10_000])
    func `another chunk size is the same push`(chunk: Int) throws {
        var server = TestServer(index: tape.index, directory: tape.directory)
        #expect(try upload(config, chunk: chunk, to: &server).status == 201)
        #expect(server.stored.isEmpty, "the tape has it already")
        for digest in [
            "2838675f6d1c3ed49261f8507138c3e900dbeecba7415a7fa0992193b63d5bd6",
            "0f403cfc156d75732147789cf8a23d720f0d04592dccaab9b61bc50b6a7a02b6",
        ] {
            let mount = server.ask(
                "POST", Self.base + "/blobs/uploads/?from=app%2Fsmall&mount=sha256%3A" + digest, Self.token)
            #expect(mount.status == 201)
        }
        let put = server.ask(
            "PUT", Self.base + "/manifests/1",
            Self.token + [FieldLine("Content-Type", "application/vnd.oci.image.manifest.v1+json")], body: manifest)
        #expect(put.status == 201)
        let got = server.ask("GET", Self.base + "/manifests/1", Self.token)
        #expect(got.body == manifest)
        #expect(server.machine.report.missed == 0)
        #expect(server.uploads.isEmpty)
    }

    @Test func `a blob in one PUT, as containerd sends it`() throws {
        var server = TestServer(index: tape.index, directory: tape.directory)
        let location = try #require(server.ask("POST", Self.base + "/blobs/uploads/", Self.token)("location"))
        #expect(location.hasPrefix("https://registry.regtape.test:6443/v2/app/copied/blobs/uploads/"))
        let put = server.ask("PUT", location + "?digest=sha256:" + SHA256.hex(config), Self.token, body: config)
        #expect(put.status == 201)
    }

    @Test func `another image is a miss where nothing may be written`() throws {
        var server = TestServer(index: tape.index, directory: tape.directory)
        let answer = try upload(Array("another".utf8), chunk: 100, to: &server)
        #expect(answer.status == 404)
        #expect(answer.text.contains("--writable"))
        #expect(server.uploads.isEmpty)
        let put = server.ask("PUT", Self.base + "/manifests/3", Self.token, body: Array("{}".utf8))
        #expect(put.text.contains("--writable"))
        let elsewhere = server.ask(
            "POST", "https://registry.regtape.test:6443/v2/app/nowhere/blobs/uploads/", Self.token)
        #expect(elsewhere.status == 404)
        #expect(server.ask("POST", Self.base + "/blobs/uploads/").status == 401)
        #expect(server.machine.report.missed == 3)
    }

    @Test func `another image is taken where anything may be written, over what the tape has`() throws {
        var server = TestServer(index: tape.index, directory: tape.directory) { $0.isWritable = true }
        let layer = Array("another layer".utf8)
        #expect(try upload(layer, chunk: 5, to: &server).status == 201)
        let mount = server.ask(
            "POST",
            Self.base + "/blobs/uploads/?from=app/small&mount=sha256:" + SHA256.hex(config), Self.token)
        #expect(mount.status == 201)
        let text =
            #"{"schemaVersion":2,"config":{"digest":"sha256:\#(SHA256.hex(config))","size":474},"layers":[{"digest":"sha256:\#(SHA256.hex(layer))","size":13}]}"#
        let put = server.ask(
            "PUT", Self.base + "/manifests/1", Self.token + [FieldLine("Content-Type", "a/b")], body: Array(text.utf8))
        #expect(put.status == 201)
        #expect(server.ask("GET", Self.base + "/manifests/1", Self.token).text == text)
        let old = server.ask("GET", "https://registry.regtape.test:6443/v2/app/small/manifests/1", Self.token)
        #expect(old.body == manifest)
        let blob = "/blobs/sha256:" + SHA256.hex(layer)
        #expect(server.ask("GET", Self.base + blob, Self.token).body == layer)
        #expect(server.ask("GET", Self.base + blob).status == 401)
    }

    @Test func `a push that was refused is refused again`() throws {
        var tape = TapeInHand()
        tape.exchange(
            "POST", "/v2/app/blobs/uploads/", [TapeInHand.bearer], status: 202, ["Location": "/v2/app/blobs/uploads/1"])
        tape.exchange(
            "PATCH", "/v2/app/blobs/uploads/1", [TapeInHand.bearer], content: "x", status: 202,
            ["Location": "/v2/app/blobs/uploads/1"])
        tape.exchange(
            "PUT", "/v2/app/blobs/uploads/1?digest=" + TapeInHand.digest("x"), [TapeInHand.bearer], status: 413,
            answer: #"{"errors":[{"code":"SIZE_INVALID"}]}"#)
        tape.exchange(
            "PUT", "/v2/app/blobs/uploads/1?digest=" + TapeInHand.digest("y"), [TapeInHand.bearer], status: 201)
        var server = TestServer(index: tape.index)
        let location = try #require(
            server.ask("POST", TapeInHand.registry + "/v2/app/blobs/uploads/", [TapeInHand.bearer])("location"))
        #expect(location.hasPrefix("/v2/app/blobs/uploads/"), "as relative as the tape's")
        let url = TapeInHand.registry + location
        #expect(server.ask("PATCH", url, [TapeInHand.bearer], body: [0x78]).status == 202)
        let put = server.ask("PUT", url + "?digest=" + TapeInHand.digest("x"), [TapeInHand.bearer])
        #expect(put.status == 413)
        #expect(put.text.contains("SIZE_INVALID"))
    }
}
