import Capture
import Foundation
import TestSupport
import Testing

/// A log of secrets that grows, is emptied, and is replaced.
struct KeyLogFollowerTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.entry("keys")
    }

    private func append(_ text: String) throws {
        if !FileManager.default.fileExists(atPath: path) { _ = try directory.file("keys", "") }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    private func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    @Test func `each octet is read once, from the time when the log is there`() throws {
        let log = try KeyLogFollower(path: path)
        #expect(!log.isOpen && log.read().isEmpty)
        try append("one\ntw")
        #expect(text(log.read()) == "one\ntw")
        #expect(log.isOpen && log.read().isEmpty)
        try append("o\n")
        #expect(text(log.read()) == "o\n")
    }

    @Test func `a log that was emptied or replaced is read anew, behind the end of a line`() throws {
        try append("CUT")
        let log = try KeyLogFollower(path: path)
        #expect(text(log.read()) == "CUT")
        _ = try directory.file("keys", "a")
        #expect(text(log.read()) == "\na")
        try FileManager.default.removeItem(atPath: path)
        #expect(log.read().isEmpty)
        try append("another, which may be longer\n")
        #expect(text(log.read()) == "\nanother, which may be longer\n")
        #expect(log.takeComplaint() == nil)
    }

    @Test func `what is no file is refused at once, and complained of once where it comes later`() throws {
        #expect { try KeyLogFollower(path: directory.path) } throws: {
            ($0 as? CaptureFailure)?.code == .unreadableKeyLog
        }
        let log = try KeyLogFollower(path: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(log.read().isEmpty && log.read().isEmpty)
        #expect(log.takeComplaint()?.sentence.contains(path) == true)
        #expect(log.read().isEmpty)
        #expect(log.takeComplaint() == nil)
    }
}
