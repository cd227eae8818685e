import Diagnosis
import Report

/// The catalogue of rules as the engine and reports want it.
enum RuleBook {
    static var rules: [any Rule.Type] { [] }

    /// Those of the named rules that the catalogue has.
    static func descriptions(of names: Set<String>) -> [RuleDescription] { [] }
}
