import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// What was pushed and deleted in one run is so in the next.
struct HistoryTests {
    private static let type = [FieldLine("Content-Type", "application/vnd.oci.image.manifest.v1+json")]
    private static let names = ["team/app", "team/other", "x"]

    /// Pushes, mounts, tags and deletes at random.
    private struct Run {
        var generator: SeededGenerator
        var server = TestServer(index: ReplayIndex()) { $0.isWritable = true }
        var blobs: [String] = []
        var manifests: [String] = []

        mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        mutating func base() -> String { "http://r.example/v2/\(names[below(names.count)])" }

        mutating func step() {
            let base = base()
            switch below(9) {
            case 0, 1:
                let blob = "blob \(below(6))"
                blobs.append(blob)
                _ = server.ask(
                    "POST", "\(base)/blobs/uploads/?digest=\(TapeInHand.digest(blob))", body: Array(blob.utf8))
            case 2 where !blobs.isEmpty:
                let digest = TapeInHand.digest(blobs[below(blobs.count)])
                let from = names[below(names.count)]
                _ = server.ask("POST", "\(base)/blobs/uploads/?mount=\(digest)&from=\(from)")
            case 3, 4, 5:
                let subject = manifests.isEmpty || below(2) == 0 ? nil : manifests[below(manifests.count)]
                let refers = subject.map { #","subject":{"digest":"\#(TapeInHand.digest($0))"}"# } ?? ""
                let text = #"{"schemaVersion":2,"annotations":{"n":"\#(below(4))"}\#(refers)}"#
                manifests.append(text)
                let name = below(4) == 0 ? TapeInHand.digest(text) : "tag-\(below(3))"
                _ = server.ask("PUT", "\(base)/manifests/\(name)?tag=also", HistoryTests.type, body: Array(text.utf8))
            case 6: _ = server.ask("DELETE", "\(base)/manifests/tag-\(below(3))")
            case 7 where !manifests.isEmpty:
                _ = server.ask("DELETE", "\(base)/manifests/\(TapeInHand.digest(manifests[below(manifests.count)]))")
            case 8 where !blobs.isEmpty:
                _ = server.ask("DELETE", "\(base)/blobs/\(TapeInHand.digest(blobs[below(blobs.count)]))")
            default: break
            }
        }

        /// Everything that a client could ask.
        func view(_ server: TestServer) -> [String] {
            var server = server
            var seen: [String] = []
            func note(_ answer: TestServer.Answer) {
                seen.append("\(answer.status) \(answer("content-type") ?? "") \(answer.text)")
            }
            note(server.ask("GET", "http://r.example/v2/_catalog"))
            for name in names {
                let base = "http://r.example/v2/\(name)"
                note(server.ask("GET", "\(base)/tags/list"))
                for blob in Set(blobs).sorted() { note(server.ask("GET", "\(base)/blobs/\(TapeInHand.digest(blob))")) }
                for tag in ["tag-0", "tag-1", "tag-2", "also"] {
                    note(server.ask("GET", "\(base)/manifests/\(tag)"))
                }
                for text in Set(manifests).sorted() {
                    note(server.ask("GET", "\(base)/manifests/\(TapeInHand.digest(text))"))
                    note(server.ask("GET", "\(base)/referrers/\(TapeInHand.digest(text))"))
                }
            }
            return seen
        }
    }

    @Test(arguments: 1...20)
    func `a run that is given the changes of another goes on where that one stopped`(seed: Int) throws {
        var run = Run(generator: SeededGenerator(seed: UInt64(seed)))
        for _ in 0..<4 {
            for _ in 0..<40 { run.step() }
            // Threads may write lines in another order, and each goes through its text.
            let written = try run.server.changes.shuffled(using: &run.generator).map { change in
                let read = try LiveChange(JSONValue(parsing: change.json.serialized))
                #expect(read == change)
                return try #require(read)
            }
            let next = run.server.restarted(index: ReplayIndex(), changes: written)
            #expect(run.view(next) == run.view(run.server))
            run.server = next
        }
        let numbers = run.server.changes.map(\.number)
        #expect(Set(numbers).count == numbers.count, "no number is given twice, by whichever run")
        #expect(!numbers.isEmpty)
    }

    @Test func `starting over takes back what this run did, and nothing before it`() throws {
        var server = TestServer(index: ReplayIndex()) { $0.isWritable = true }
        let base = "http://r.example/v2/app"
        let text = #"{"schemaVersion":2}"#
        #expect(server.ask("PUT", base + "/manifests/old", Self.type, body: Array(text.utf8)).status == 201)
        var next = server.restarted(index: ReplayIndex())
        #expect(next.ask("PUT", base + "/manifests/new", Self.type, body: Array(text.utf8)).status == 201)
        let before = next.changes.map(\.number).max()
        next.reset()
        #expect(next.ask("GET", base + "/tags/list").json?["tags"]?.array == [.string("old")])
        #expect(next.ask("PUT", base + "/manifests/newer", Self.type, body: Array(text.utf8)).status == 201)
        #expect(try #require(next.changes.last).number > #require(before), "a number never means two changes")
    }

    @Test func `what the server could not keep has not been pushed`() {
        var machine = ReplayMachine(
            index: ReplayIndex(),
            options: {
                var options = ReplayMachine.Options()
                options.isWritable = true
                return options
            }())
        let base = "http://r.example/v2/app"
        let now = Instant(microseconds: 0)
        let text = Array(#"{"schemaVersion":2}"#.utf8)
        let put = machine.answer(
            ReplayRequest(method: "PUT", url: base + "/manifests/1", fields: Self.type), at: now)
        guard case .needsBody(_, let pending) = put else {
            Issue.record("\(put)")
            return
        }
        let answer = machine.finished(pending, .memory(text, sha256: SHA256.hex(text)), at: now)
        #expect(answer.status == 201)
        machine.failed(answer.effects)
        for url in [base + "/manifests/1", base + "/tags/list"] {
            guard case .answer(let got) = machine.answer(ReplayRequest(method: "GET", url: url), at: now) else {
                Issue.record("\(url) wants a body")
                continue
            }
            #expect(got.status == 404, "\(url)")
        }
    }

    @Test(arguments: [
        #"{"record":"blob","seq":1,"authority":"a","repository":"r","sha256":"../../etc/passwd","length":1}"#,
        #"{"record":"blob","seq":1,"authority":"a","repository":"r","sha256":"\#(String(repeating: "A", count: 64))","length":1}"#,
        #"{"record":"blob","seq":1,"authority":"a","repository":"r","sha256":"\#(String(repeating: "a", count: 64))","length":-1}"#,
        #"{"record":"blob","seq":9223372036854775807,"authority":"a","repository":"r","sha256":"\#(String(repeating: "a", count: 64))","length":1}"#,
        #"{"record":"blob","seq":0,"authority":"a","repository":"r","sha256":"\#(String(repeating: "a", count: 64))","length":1}"#,
        #"{"record":"manifest","seq":1,"authority":"a","repository":"r","sha256":"\#(String(repeating: "a", count: 64))","length":1,"mediaType":"m","tags":["-rf"]}"#,
        #"{"record":"manifest","seq":1,"authority":"a","repository":"r","sha256":"\#(String(repeating: "a", count: 64))","length":1,"mediaType":"m","tags":[1]}"#,
        #"{"record":"tag-deletion","seq":1,"authority":"","repository":"r","tag":"1"}"#,
        #"{"record":"later","seq":1,"authority":"a","repository":"r"}"#, "[]", "{}",
    ])
    func `a line that is none of ours is no change`(text: String) throws {
        #expect(LiveChange(try JSONValue(parsing: text)) == nil)
    }
}
