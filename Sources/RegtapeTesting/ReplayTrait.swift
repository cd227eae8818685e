public import Testing

/// Plays a tape back while a test runs; of a suite, to each of its tests and each of their arguments anew.
///
/// Tests may run in parallel: each has its own server, its own ports, and what it pushes is seen by itself alone.
public struct ReplayTrait: TestTrait, SuiteTrait, TestScoping {
    let tape: String
    let options: [ReplayOption]
    let sourceLocation: SourceLocation

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withReplay(tape, options, sourceLocation) { replay in
            try await TapeReplay.$replay.withValue(replay) { try await function() }
        }
    }
}

extension Trait where Self == ReplayTrait {
    /// Plays `tape` back as `TapeReplay.current`, and fails the test for each request that the tape has no answer for.
    ///
    /// A relative path counts from the directory of the source file that the trait stands in.
    ///
    /// ```swift
    /// @Test(.replay("Fixtures/pull.tape", .writable)) func push() async throws {
    ///     try await MyClient(registry: TapeReplay.current.url).push("app:2")
    /// }
    /// ```
    public static func replay(
        _ tape: String, _ options: ReplayOption..., sourceLocation: SourceLocation = #_sourceLocation
    ) -> Self {
        ReplayTrait(tape: tape, options: options, sourceLocation: sourceLocation)
    }
}
