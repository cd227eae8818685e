import Foundation
import ReplayWiring
public import Testing

/// Plays a tape back while `body` runs, and fails the test for each request that the tape has no answer for.
///
/// A relative path counts from the directory of the source file that calls, so that fixtures lie beside their tests.
/// When `body` is over, the server is closed and every file that it made is gone.
///
/// ```swift
/// try await withReplay(of: "Fixtures/pull.tape", .fault("429=1@1 op:blob.get")) { replay in
///     try await MyClient(registry: replay.url).pull("app:1")
/// }
/// ```
/// - Throws: what `body` throws, or why the replay could not be started: no tape there, no such fault.
@discardableResult
public func withReplay<Value: Sendable>(
    of tape: String, _ options: ReplayOption..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (TapeReplay) async throws -> Value
) async throws -> Value {
    try await withReplay(tape, options, sourceLocation, body)
}

/// As above, for the trait as well.
func withReplay<Value>(
    _ tape: String, _ options: [ReplayOption], _ sourceLocation: SourceLocation,
    _ body: (TapeReplay) async throws -> Value
) async throws -> Value {
    let base = URL(filePath: sourceLocation.filePath).deletingLastPathComponent()
    let path = URL(filePath: tape, relativeTo: base).path
    var settings = ReplayOption.Settings(setup: RunningReplay.Setup(tape: path, authority: ""), base: base)
    for option in options { try option.apply(&settings) }
    settings.takeScenario()

    let directory = FileManager.default.temporaryDirectory.appending(path: "regtape-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
        at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: directory) }

    let replay = try await TapeReplay.start(path, settings, directory: directory)
    let result: Result<Value, any Error>
    do { result = .success(try await body(replay)) } catch { result = .failure(error) }
    await replay.stop()
    // Here and not as they happen: a miss is seen on a thread of the server, which belongs to no test.
    if !settings.isLenient {
        for miss in replay.misses { Issue.record("\(miss.description)", sourceLocation: sourceLocation) }
    }
    for flaw in replay.flaws {
        Issue.record("\(tape): \(flaw)", severity: .warning, sourceLocation: sourceLocation)
    }
    return try result.get()
}
