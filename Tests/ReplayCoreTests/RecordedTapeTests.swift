import Foundation
import Registry
import Replay
import TapeModel
import TestSupport
import Testing

/// Tapes of real clients are asked again what they were asked.
struct RecordedTapeTests {
    @Test(arguments: ["pull-and-push.tape", "docker.tape", "authorization-forwarded.tape"])
    func `every recorded request gets its recorded meaning again, in order`(name: String) throws {
        let tape = try FixtureTape(name)
        var server = TestServer(index: tape.index, directory: tape.directory)
        // Upload locations are new in each run: a client uses what it was given.
        var locations: [String: String] = [:]
        for exchange in tape.exchanges {
            let request = exchange.request
            let recorded = try #require(exchange.response)
            let url = locations[path(request.head.url)] ?? request.head.url
            let answer = server.ask(
                request.head.method, digestKept(url, request.head.url), request.head.fields,
                body: try tape.octets(of: request.body))
            let comment = Comment(rawValue: "\(exchange.seq): \(request.head.method) \(url)")
            #expect(answer.status == recorded.head.status, comment)
            #expect(answer("docker-content-digest") == recorded.head.fields.first("docker-content-digest"), comment)
            #expect(answer("www-authenticate") == recorded.head.fields.first("www-authenticate"), comment)
            if answer.status == 202, let new = answer("location"), let old = recorded.head.fields.first("location") {
                #expect(new != old)
                locations[path(old)] = new
            } else {
                #expect(answer("location") == recorded.head.fields.first("location"), comment)
            }
            if !recorded.body.isRedacted {
                #expect(answer.body == (try tape.octets(of: recorded.body)), comment)
            }
            if request.head.method == "HEAD" {
                #expect(answer("content-length") == recorded.head.fields.first("content-length"), comment)
            } else {
                #expect(answer("content-length") == String(answer.body.count), comment)
            }
            for field in answer.fields { #expect(field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }) }
        }
        let report = server.machine.report
        #expect(report.missed == 0)
        #expect(report.unused == 0, "\(report.unusedExchanges)")
    }

    private func path(_ url: String) -> String { TargetURL(url)?.path ?? url }

    /// The recorded `digest=` at the new location.
    private func digestKept(_ new: String, _ recorded: String) -> String {
        guard new != recorded, let digest = TargetURL(recorded)?[parameter: "digest"] else { return new }
        return new + (new.contains("?") ? "&" : "?") + "digest=" + digest
    }
}
