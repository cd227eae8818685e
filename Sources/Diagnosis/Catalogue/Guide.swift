/// A page about what no trace can show: a setting, a role, a portal.
///
/// Like a rule it is one file, named like its type, and its doc comment is the page that `regtape rules NAME` prints.
public protocol Guide: Sendable {
    /// In kebab case.
    static var name: String { get }
    /// One line for the list of guides.
    static var title: String { get }
    /// Ids of the rows of the table of symptoms that it stands for, such as `H10`.
    static var symptoms: [String] { get }
}
