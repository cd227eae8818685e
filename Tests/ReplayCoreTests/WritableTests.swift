import Registry
import Replay
import TapeModel
import Testing

/// An empty tape that takes anything is a registry.
struct WritableTests {
    private static let base = "http://localhost:5000/v2/team/app"
    private var server = TestServer(index: ReplayIndex()) { $0.isWritable = true }

    private func manifest(_ layers: [String], subject: String? = nil, config: String = "{}") -> String {
        let list = layers.map {
            "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"\(TapeInHand.digest($0))\",\"size\":\($0.utf8.count)}"
        }
        let subject = subject.map { ",\"subject\":{\"digest\":\"\($0)\"}" } ?? ""
        return
            "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.example\",\"digest\":\"\(TapeInHand.digest(config))\",\"size\":2},\"layers\":[\(list.joined(separator: ","))]\(subject)}"
    }

    private static let type = [FieldLine("Content-Type", "application/vnd.oci.image.manifest.v1+json")]

    private mutating func push(_ blob: String, chunks: Int) throws {
        var location = try #require(server.ask("POST", Self.base + "/blobs/uploads/")("location"))
        var offset = 0
        let octets = Array(blob.utf8)
        for start in stride(from: 0, to: octets.count, by: chunks) {
            let chunk = Array(octets[start..<min(start + chunks, octets.count)])
            let answer = server.ask(
                "PATCH", location, [FieldLine("Content-Range", "\(offset)-\(offset + chunk.count - 1)")], body: chunk)
            #expect(answer.status == 202)
            offset += chunk.count
            #expect(answer("range") == "0-\(offset - 1)")
            location = try #require(answer("location"))
        }
        let end = server.ask("PUT", location + "?digest=" + TapeInHand.digest(blob))
        #expect(end.status == 201)
        #expect(end("docker-content-digest") == TapeInHand.digest(blob))
        #expect(end("location") == Self.base + "/blobs/" + TapeInHand.digest(blob))
    }

    @Test mutating func `an image is pushed and pulled back`() throws {
        #expect(server.ask("GET", "http://localhost:5000/v2/").status == 200)
        #expect(server.ask("HEAD", Self.base + "/blobs/" + TapeInHand.digest("layer one")).status == 404)
        try push("layer one", chunks: 4)
        try push("{}", chunks: 100)
        let text = manifest(["layer one"])
        let put = server.ask("PUT", Self.base + "/manifests/v1", Self.type, body: Array(text.utf8))
        #expect(put.status == 201)
        #expect(put("docker-content-digest") == TapeInHand.digest(text))
        for reference in ["v1", TapeInHand.digest(text)] {
            let got = server.ask("GET", Self.base + "/manifests/" + reference)
            #expect(got.status == 200)
            #expect(got.text == text)
            #expect(got("content-type") == Self.type.first("content-type"))
            let head = server.ask("HEAD", Self.base + "/manifests/" + reference)
            #expect(head.body.isEmpty)
            #expect(head("content-length") == String(text.utf8.count))
            #expect(head("docker-content-digest") == TapeInHand.digest(text))
        }
        #expect(server.ask("GET", Self.base + "/blobs/" + TapeInHand.digest("layer one")).text == "layer one")
        let part = server.ask(
            "GET", Self.base + "/blobs/" + TapeInHand.digest("layer one"), [FieldLine("Range", "bytes=6-")])
        #expect(part.status == 206)
        #expect(part.text == "one")
        #expect(part("content-range") == "bytes 6-8/9")
        #expect(server.ask("GET", Self.base + "/tags/list").json?["tags"]?.array == [.string("v1")])
        #expect(
            server.ask("GET", "http://localhost:5000/v2/_catalog").json?["repositories"]?.array
                == [.string("team/app")])
        #expect(server.machine.report.missed == 0, "what is not there yet is no gap of an empty tape")
        #expect(server.uploads.isEmpty)
    }

    @Test mutating func `a single POST is a whole upload, and a mount needs none`() {
        let digest = TapeInHand.digest("single")
        let post = server.ask("POST", Self.base + "/blobs/uploads/?digest=" + digest, body: Array("single".utf8))
        #expect(post.status == 201)
        #expect(server.ask("GET", Self.base + "/blobs/" + digest).text == "single")
        let other = "http://localhost:5000/v2/team/other"
        #expect(server.ask("HEAD", other + "/blobs/" + digest).status == 404)
        #expect(server.ask("POST", other + "/blobs/uploads/?mount=\(digest)&from=team/none").status == 202)
        #expect(server.ask("POST", other + "/blobs/uploads/?mount=\(digest)&from=team/app").status == 201)
        #expect(server.ask("GET", other + "/blobs/" + digest).text == "single")
    }

    @Test mutating func `an upload tells where it is, takes chunks in order only, and can be cancelled`() throws {
        let location = try #require(server.ask("POST", Self.base + "/blobs/uploads/")("location"))
        #expect(
            server.ask("PATCH", location, [FieldLine("Content-Range", "5-9")], body: Array("12345".utf8)).status == 416)
        #expect(
            server.ask("PATCH", location, [FieldLine("Content-Range", "0-4")], body: Array("12345".utf8)).status == 202)
        let again = server.ask("PATCH", location, [FieldLine("Content-Range", "0-4")], body: Array("12345".utf8))
        #expect(again.status == 416)
        #expect(again("range") == "0-4")
        #expect(again("location") == location)
        let status = server.ask("GET", location)
        #expect(status.status == 204)
        #expect(status("range") == "0-4")
        #expect(status("content-length") == nil)
        #expect(server.ask("PATCH", location, [FieldLine("Content-Range", "x")], body: []).status == 416)
        #expect(server.ask("GET", location.replacing("team/app", with: "team/other")).status == 404)
        #expect(server.ask("DELETE", location).status == 204)
        #expect(server.ask("GET", location).status == 404)
        #expect(server.ask("PUT", location + "?digest=" + TapeInHand.digest("12345")).status == 404)
        #expect(server.uploads.isEmpty)
    }

    @Test(arguments: [
        ("", 400), ("?digest=", 400), ("?digest=sha256:00", 400),
        ("?digest=sha512:" + String(repeating: "0", count: 128), 400),
        ("?digest=sha256:" + String(repeating: "0", count: 64), 400),
    ])
    mutating func `an upload ends with the digest of what came, or not at all`(query: String, status: Int) throws {
        let location = try #require(server.ask("POST", Self.base + "/blobs/uploads/")("location"))
        let answer = server.ask("PUT", location + query, body: Array("content".utf8))
        #expect(answer.status == status)
        #expect(answer.json?["errors"]?[0]?["code"] == .string("DIGEST_INVALID"))
        #expect(server.stored.isEmpty)
    }

    @Test mutating func `a chunk that is not as long as it said spoils the upload`() throws {
        let location = try #require(server.ask("POST", Self.base + "/blobs/uploads/")("location"))
        let answer = server.ask("PATCH", location, [FieldLine("Content-Range", "0-9")], body: Array("short".utf8))
        #expect(answer.status == 400)
        #expect(server.ask("GET", location).status == 404)
        #expect(server.uploads.isEmpty)
    }

    @Test mutating func `a manifest needs its blobs, its digest and a tag that is one`() throws {
        let text = manifest(["absent"])
        let put = server.ask("PUT", Self.base + "/manifests/v1", Self.type, body: Array(text.utf8))
        #expect(put.status == 400)
        #expect(put.json?["errors"]?[0]?["code"] == .string("MANIFEST_BLOB_UNKNOWN"))
        #expect(put.text.contains(TapeInHand.digest("absent")))
        try push("{}", chunks: 2)
        let good = manifest([])
        let wrong = server.ask(
            "PUT", Self.base + "/manifests/" + TapeInHand.digest("other"), Self.type, body: Array(good.utf8))
        #expect(wrong.json?["errors"]?[0]?["code"] == .string("DIGEST_INVALID"))
        let odd = server.ask("PUT", Self.base + "/manifests/-rf", Self.type, body: Array(good.utf8))
        #expect(odd.json?["errors"]?[0]?["code"] == .string("TAG_INVALID"))
        let long = server.ask(
            "PUT", Self.base + "/manifests/v1", Self.type, body: Array(repeating: 0x20, count: 4 << 20 + 1))
        #expect(long.status == 413)
        #expect(server.ask("PUT", Self.base + "/manifests/v1", Self.type, body: Array("[]".utf8)).status == 400)
        #expect(server.ask("GET", Self.base + "/manifests/v1").status == 404)
    }

    @Test mutating func `what refers to a manifest is listed, and what is deleted is gone`() throws {
        try push("{}", chunks: 2)
        let subject = manifest([])
        #expect(server.ask("PUT", Self.base + "/manifests/v1", Self.type, body: Array(subject.utf8)).status == 201)
        let signature = manifest([], subject: TapeInHand.digest(subject))
        let put = server.ask(
            "PUT", Self.base + "/manifests/" + TapeInHand.digest(signature), Self.type, body: Array(signature.utf8))
        #expect(put("oci-subject") == TapeInHand.digest(subject))
        let list = server.ask("GET", Self.base + "/referrers/" + TapeInHand.digest(subject))
        #expect(list.json?["manifests"]?[0]?["digest"] == .string(TapeInHand.digest(signature)))
        #expect(list.json?["manifests"]?[0]?["artifactType"] == .string("application/vnd.example"))
        let none = server.ask("GET", Self.base + "/referrers/" + TapeInHand.digest(subject) + "?artifactType=other")
        #expect(none.json?["manifests"]?.array?.isEmpty == true)
        #expect(none("oci-filters-applied") == "artifactType")
        #expect(server.ask("DELETE", Self.base + "/manifests/" + TapeInHand.digest(signature)).status == 202)
        let empty = server.ask("GET", Self.base + "/referrers/" + TapeInHand.digest(subject))
        #expect(empty.json?["manifests"]?.array?.isEmpty == true)
        #expect(server.ask("DELETE", Self.base + "/manifests/v1").status == 202)
        #expect(server.ask("GET", Self.base + "/manifests/v1").status == 404)
        #expect(server.ask("GET", Self.base + "/manifests/" + TapeInHand.digest(subject)).status == 200)
        #expect(server.ask("DELETE", Self.base + "/blobs/" + TapeInHand.digest("{}")).status == 202)
        #expect(server.ask("DELETE", Self.base + "/blobs/" + TapeInHand.digest("{}")).status == 404)
        #expect(server.ask("GET", Self.base + "/blobs/" + TapeInHand.digest("{}")).status == 404)
    }

    @Test mutating func `tags come in pages, each with the way to the next`() throws {
        try push("{}", chunks: 2)
        let text = Array(manifest([]).utf8)
        for tag in ["b", "a", "d", "C", "e"] {
            #expect(server.ask("PUT", Self.base + "/manifests/" + tag, Self.type, body: text).status == 201)
        }
        var url = Self.base + "/tags/list?n=2"
        var pages: [[String]] = []
        for _ in 0..<4 {
            let answer = server.ask("GET", url)
            pages.append(answer.json?["tags"]?.array?.compactMap(\.string) ?? [])
            guard let link = answer("link") else { break }
            let target = try #require(link.split(separator: ">").first?.dropFirst())
            #expect(link.hasSuffix("; rel=\"next\""))
            url = "http://localhost:5000" + target
        }
        #expect(pages == [["C", "a"], ["b", "d"], ["e"]])
        #expect(server.ask("GET", Self.base + "/tags/list?n=0").json?["tags"]?.array == [])
        #expect(server.ask("GET", Self.base + "/tags/list?n=-1").status == 400)
        #expect(server.ask("GET", Self.base + "/tags/list?n=99999999999999999999").status == 400)
    }

    @Test mutating func `starting over forgets everything`() throws {
        try push("{}", chunks: 2)
        server.reset()
        #expect(server.ask("HEAD", Self.base + "/blobs/" + TapeInHand.digest("{}")).status == 404)
        #expect(server.machine.report.live == 1)
    }
}
