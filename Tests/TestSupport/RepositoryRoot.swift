public import Foundation

/// The checkout that these tests were compiled from, found from this file's own place in it.
///
/// Tests that read the sources or call `tools/` need it; links are resolved, so that a package made of links works too.
public enum RepositoryRoot {
    public static let url: URL = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent()  // TestSupport
        .deletingLastPathComponent()  // Tests
        .deletingLastPathComponent()

    /// The path of a file named from the top of the checkout.
    public static func path(_ relative: String) -> String {
        url.appending(path: relative).path
    }
}
