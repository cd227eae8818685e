import Foundation
import TestSupport
import Testing

/// Dependency direction is a test, not a hope (DESIGN.md §2).
struct ImportTests {
    /// What each target may import.
    ///
    /// Pure targets come first.
    static let allowed: [String: Set<String>] = [
        "TapeModel": [],
        "Wire": ["TapeModel", "DequeModule", "NIOHPACK", "NIOCore", "Crypto", "CryptoExtras"],
        "Registry": ["TapeModel"],
        "Diagnosis": ["TapeModel", "Registry"],
        "Interop": ["TapeModel"],
        "Report": ["TapeModel", "Registry", "Diagnosis"],
        "TapeStore": ["TapeModel", "CArchive", "Crypto", "Dispatch", "Glibc", "Synchronization"],
        "Listener": [
            "TapeModel", "Wire", "NIOCore", "NIOPosix", "NIOSSL", "X509", "SwiftASN1", "Crypto", "Glibc", "Foundation",
            "Synchronization",
        ],
        "Proxy": [
            "TapeModel", "Wire", "Listener", "NIOCore", "NIOPosix", "NIOSSL", "NIOTLS", "Glibc", "Synchronization",
        ],
        "Capture": ["TapeModel", "Wire", "CPcap", "Dispatch", "Glibc", "Synchronization"],
        "Replay": [
            "TapeModel", "Registry", "Wire", "Listener", "NIOCore", "NIOPosix", "NIOSSL", "NIOHTTP2", "NIOHPACK",
            "Glibc",
            "Synchronization",
        ],
        "ReplayWiring": [
            "TapeModel", "Registry", "TapeStore", "Listener", "Replay", "NIOCore", "NIOPosix", "Crypto", "Glibc",
            "Synchronization", "Yams",
        ],
        "RegtapeTesting": [
            "TapeModel", "Listener", "Replay", "ReplayWiring", "NIOCore", "Foundation", "Testing", "Synchronization",
        ],
        "regtape": [
            "TapeModel", "Wire", "Registry", "Diagnosis", "Report", "Interop", "TapeStore", "Listener", "Proxy",
            "Capture", "Replay", "ReplayWiring",
            "ArgumentParser", "NIOCore", "NIOPosix", "NIOSSL", "Crypto", "Glibc", "Dispatch", "Synchronization",
        ],
    ]

    @Test(arguments: allowed.keys.sorted())
    func `a target imports what it may`(target: String) throws {
        let files = try SourceFile.all(in: "Sources/" + target)
        #expect(!files.isEmpty)
        for file in files {
            for module in file.imports {
                #expect(Self.allowed[target]?.contains(module) == true, "\(file.path) imports \(module)")
            }
            if target == "Wire", !file.path.contains("/HTTP2/HPACK") {
                #expect(!file.imports.contains { $0.hasPrefix("NIO") }, "\(file.path) knows NIO")
            }
            if target == "Replay", file.path.contains("/Core/") {
                #expect(file.imports.allSatisfy { $0 == "TapeModel" || $0 == "Registry" }, "\(file.path) is not pure")
            }
        }
    }

    @Test(arguments: ["TapeModel", "Wire", "Registry", "Diagnosis", "Report", "Replay/Core"])
    func `a pure target asks nobody for the time or for luck`(target: String) throws {
        for file in try SourceFile.all(in: "Sources/" + target) {
            for word in [
                "Date()", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", ".random(", "getenv",
            ] {
                #expect(!file.code.contains(word), "\(file.path) has \(word)")
            }
        }
    }

    /// What test authors see is the standard's and their own: nobody has to know NIO to use it.
    @Test func `the library for tests shows nothing of its making`() throws {
        for file in try SourceFile.all(in: "Sources/RegtapeTesting") {
            for line in file.lines where line.hasPrefix("public import") {
                #expect(["public import Foundation", "public import Testing"].contains(line), "\(file.path): \(line)")
            }
            #expect(!file.code.contains("package import"), "\(file.path)")
        }
        // Its tests stand where another package stands: they know the library and nothing behind it.
        for file in try SourceFile.all(in: "Tests/RegtapeTestingTests") {
            let allowed: Set = [
                "RegtapeTesting", "TestSupport", "Foundation", "FoundationNetworking", "Glibc", "Testing",
            ]
            #expect(allowed.isSuperset(of: file.imports), "\(file.path)")
        }
    }

    @Test func `a replay has no way to open a connection`() throws {
        for file in try SourceFile.all(in: "Sources/Replay") + SourceFile.all(in: "Sources/ReplayWiring") {
            for word in [
                "ClientBootstrap", "ClientTCPBootstrap", "DatagramBootstrap", "connect(", "getaddrinfo", "socket(",
            ] {
                #expect(!file.code.contains(word), "\(file.path) has \(word)")
            }
        }
    }

    @Test func `nothing is forced or unchecked without its reason beside it`() throws {
        for file in try SourceFile.all(in: "Sources") {
            for (number, line) in file.lines.enumerated() {
                for word in ["try!", "as!", "fatalError(", "@unchecked Sendable", "nonisolated(unsafe)"]
                where line.contains(word) && !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                    let near = file.lines[max(0, number - 3)...min(file.lines.count - 1, number + 1)]
                    #expect(near.contains { $0.contains("//") }, "\(file.path):\(number + 1): \(word)")
                }
            }
        }
    }

    @Test func `files are small and no type is called like a target`() throws {
        for file in try SourceFile.all(in: "Sources") + SourceFile.all(in: "Tests") {
            #expect(file.lines.count <= 600, "\(file.path)")
            for target in Self.allowed.keys {
                for kind in ["struct", "class", "enum", "actor", "protocol"] {
                    #expect(!file.code.contains("\(kind) \(target) {"), "\(file.path) declares \(target)")
                }
            }
        }
    }
}

/// A source file as text.
struct SourceFile {
    let path: String
    let lines: [String]

    var code: String { lines.joined(separator: "\n") }

    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index <= 2, index + 1 < words.count, !line.hasPrefix("/")
            else { return nil }
            let module =
                words[index + 1] == "struct" || words[index + 1] == "class" ? words[index + 2] : words[index + 1]
            return module.split(separator: ".").first.map(String.init)
        }
    }

    static func all(in directory: String) throws -> [SourceFile] {
        let root = RepositoryRoot.path("")
        let names = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(directory)")
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOfFile: "\(root)/\(directory)/\(name)", encoding: .utf8)
            return SourceFile(path: "\(directory)/\(name)", lines: text.components(separatedBy: "\n"))
        }
    }
}
