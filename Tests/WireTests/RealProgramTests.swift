import Foundation
import TestSupport
import Testing

/// What curl, nghttp, nginx, nghttpd and docker-registry said to each other, recorded by `fixtures/wire/record.py`.
///
/// Beside each recording lies what is to be read in it.
struct RealProgramTests {
    static let names = ["http1", "http2"].flatMap { directory in
        ((try? FileManager.default.contentsOfDirectory(atPath: RepositoryRoot.path("fixtures/wire/\(directory)"))) ?? [])
            .filter { $0.hasSuffix(".wire") }.map { "\(directory)/\($0.dropLast(5))" }.sorted()
    }

    @Test func `there are recordings`() {
        #expect(Self.names.count >= 8)
    }

    @Test(arguments: names) func `a recording reads as what its programs did`(name: String) throws {
        let steps = try Self.steps(of: RepositoryRoot.path("fixtures/wire/\(name).wire"))
        let expected = try String(contentsOfFile: RepositoryRoot.path("fixtures/wire/\(name).txt"), encoding: .utf8)
        Cutting.check(Conversation(name, steps, String(expected.dropLast()))) { $0 }
    }

    private struct Damaged: Error {}

    /// `C 3 LF abc LF` and `c LF`, or the same of the server.
    private static func steps(of path: String) throws -> [Step] {
        var rest = try Array(Data(contentsOf: URL(filePath: path)))[...]
        var steps: [Step] = []
        while let feed = rest.firstIndex(of: 0x0A) {
            let words = String(decoding: rest[..<feed], as: UTF8.self).split(separator: " ")
            rest = rest[(feed + 1)...]
            let count = words.count == 2 ? Int(words[1]) ?? -1 : 0
            guard let kind = words.first, count >= 0, rest.count > count || words.count == 1 else { throw Damaged() }
            let octets = Array(rest.prefix(count))
            if words.count == 2 { rest = rest.dropFirst(count + 1) }
            switch kind {
            case "C": steps.append(.client(octets))
            case "S": steps.append(.server(octets))
            case "c": steps.append(.clientEnds)
            case "s": steps.append(.serverEnds)
            default: throw Damaged()
            }
        }
        return steps
    }
}
