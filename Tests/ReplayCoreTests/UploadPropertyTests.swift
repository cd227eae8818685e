import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// Many clients at once, in any order: what each sent is what each gets back, and nobody else's.
struct UploadPropertyTests {
    /// An upload as its client knows it.
    private struct Model {
        var location: String
        var octets: [UInt8] = []
        var waiting: (sink: BodySink, pending: PendingRequest, body: [UInt8], endsIt: Digest?)?
    }

    @Test(arguments: 1...40)
    func `any interleaving of clients leaves every upload with its own octets`(seed: Int) throws {
        var run = Run(seed: UInt64(seed))
        for _ in 0..<400 { try run.step() }
        try run.check()
    }

    private struct Run {
        var generator: SeededGenerator
        var server = TestServer(index: ReplayIndex()) { $0.isWritable = true }
        var models: [Model] = []
        var done: [(digest: String, octets: [UInt8], repository: Int)] = []
        var number = 0

        init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

        private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        private func base(_ repository: Int) -> String { "https://r.example/v2/team/app\(repository)" }

        private mutating func bytes() -> [UInt8] {
            number += 1
            return Array("\(number),".utf8) + Array(repeating: UInt8(below(256)), count: below(40))
        }

        mutating func step() throws {
            guard !models.isEmpty, below(8) > 0 else {
                let answer = server.ask("POST", base(below(3)) + "/blobs/uploads/")
                #expect(answer.status == 202)
                models.append(Model(location: try #require(answer("location"))))
                return
            }
            let place = below(models.count)
            if models[place].waiting != nil {
                if below(3) == 0 { busy(place) } else { try conclude(place) }
                return
            }
            switch below(12) {
            case 0: status(place)
            case 1: wrongRange(place)
            case 2: cancel(place)
            case 3: begin(place, "PUT", body: bytes(), digest: Digest("sha256:" + String(repeating: "0", count: 64)))
            case 4, 5:
                let body = bytes()
                begin(place, "PUT", body: body, digest: Digest("sha256:" + SHA256.hex(models[place].octets + body)))
            default: begin(place, "PATCH", body: bytes(), digest: nil)
            }
        }

        private mutating func begin(_ place: Int, _ method: String, body: [UInt8], digest: Digest?) {
            let offset = models[place].octets.count
            let fields =
                below(2) == 0 || body.isEmpty
                ? [] : [FieldLine("Content-Range", "\(offset)-\(offset + body.count - 1)")]
            let query = digest.map { "?digest=\($0)" } ?? ""
            let decision = server.begin(method, models[place].location + query, fields)
            guard case .needsBody(let sink, let pending) = decision else {
                Issue.record("\(method) was not taken: \(decision)")
                return
            }
            #expect(sink == .upload(uploadID(sink), offset: Int64(offset), keeps: true))
            models[place].waiting = (sink, pending, body, digest)
        }

        private func uploadID(_ sink: BodySink) -> UploadID {
            if case .upload(let id, _, _) = sink { id } else { -1 }
        }

        private mutating func conclude(_ place: Int) throws {
            guard let waiting = models[place].waiting else { return }
            models[place].waiting = nil
            if below(8) == 0 {
                let half = Array(waiting.body.prefix(waiting.body.count / 2))
                #expect(server.finish(waiting.sink, waiting.pending, half, breaks: true).status == 400)
                models[place].octets += half
                status(place)
                return
            }
            let answer = server.finish(waiting.sink, waiting.pending, waiting.body)
            models[place].octets += waiting.body
            guard let digest = waiting.endsIt else {
                #expect(answer.status == 202)
                #expect(answer("range") == "0-\(max(0, models[place].octets.count - 1))")
                models[place].location = try #require(answer("location"))
                return
            }
            let model = models.remove(at: place)
            guard digest.hex == SHA256.hex(model.octets) else {
                #expect(answer.status == 400)
                return
            }
            #expect(answer.status == 201)
            let repository = try #require(TargetURL(model.location)?.segments[2].last.flatMap { Int(String($0)) })
            done.append((digest.description, model.octets, repository))
            #expect(server.ask("PATCH", model.location, body: [1]).status == 404, "an upload that has ended is gone")
        }

        /// Another request while one is sending.
        private mutating func busy(_ place: Int) {
            #expect(server.ask("PATCH", models[place].location, body: [1]).status == 416)
            if below(6) == 0 {
                let waiting = models[place].waiting
                #expect(server.ask("DELETE", models[place].location).status == 204)
                if let waiting { #expect(server.finish(waiting.sink, waiting.pending, []).status == 404) }
                models.remove(at: place)
            }
        }

        private mutating func status(_ place: Int) {
            let answer = server.ask("GET", models[place].location)
            #expect(answer.status == 204)
            #expect(answer("range") == "0-\(max(0, models[place].octets.count - 1))")
        }

        private mutating func wrongRange(_ place: Int) {
            let offset = models[place].octets.count + 1 + below(5)
            let answer = server.ask(
                "PATCH", models[place].location, [FieldLine("Content-Range", "\(offset)-\(offset + 3)")],
                body: [1, 2, 3, 4])
            #expect(answer.status == 416)
        }

        private mutating func cancel(_ place: Int) {
            #expect(server.ask("DELETE", models[place].location).status == 204)
            #expect(server.ask("DELETE", models[place].location).status == 404)
            models.remove(at: place)
        }

        mutating func check() throws {
            #expect(!done.isEmpty)
            for blob in done {
                for repository in 0..<3 {
                    let answer = server.ask("GET", base(repository) + "/blobs/" + blob.digest)
                    let isThere = done.contains { $0.digest == blob.digest && $0.repository == repository }
                    #expect(answer.status == (isThere ? 200 : 404))
                    if isThere { #expect(answer.body == blob.octets) }
                }
            }
            for place in models.indices where models[place].waiting == nil { status(place) }
            while let place = models.indices.first(where: { models[$0].waiting == nil }) { cancel(place) }
            #expect(server.uploads.count <= models.count, "nothing is kept of uploads that are over")
            #expect(server.machine.report.missed == 0)
        }
    }

    @Test func `begun and left alone, uploads do not fill the memory`() throws {
        var server = TestServer(index: ReplayIndex()) { $0.isWritable = true }
        let first = try #require(server.ask("POST", "https://r.example/v2/app/blobs/uploads/")("location"))
        #expect(server.ask("PATCH", first, body: [1, 2, 3]).status == 202)
        var last = ""
        for _ in 0..<10_000 {
            last = try #require(server.ask("POST", "https://r.example/v2/app/blobs/uploads/")("location"))
        }
        #expect(server.ask("GET", first).status == 404)
        #expect(server.ask("GET", last).status == 204)
        #expect(server.uploads.isEmpty, "the server was told to forget the oldest")
    }

    @Test func `upload ids are those of the seed`() throws {
        func ids(_ seed: UInt64) -> [String?] {
            var server = TestServer(index: ReplayIndex()) { ($0.isWritable, $0.seed) = (true, seed) }
            return (0..<100).map { _ in
                server.ask("POST", "https://r.example/v2/app/blobs/uploads/")("docker-upload-uuid")
            }
        }
        #expect(ids(1) == ids(1))
        #expect(Set(ids(1)).count == 100)
        #expect(Set(ids(1)).isDisjoint(with: ids(2)))
        for id in ids(3) {
            #expect(id?.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        }
    }
}
