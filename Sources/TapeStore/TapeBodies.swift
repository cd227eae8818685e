/// Where the body files of a tape lie, for those who only name them.
public struct TapeBodies: Sendable {
    private let paths: TapePaths

    public init(directory: String) {
        paths = TapePaths(directory: directory)
    }

    /// The body file with this digest; nothing for what is not 64 lower-case hexadecimal digits.
    ///
    /// Whether the file is there is another question.
    public func path(forSHA256 sha256: String) -> String? {
        paths.body(sha256: sha256)
    }
}
