import Diagnosis
import Report

/// The catalogue of rules as the engine and reports want it.
enum RuleBook {
    static var rules: [any Rule.Type] { RuleCatalogue.ruleTypes }

    /// Those of the named rules that the catalogue has.
    static func descriptions(of names: Set<String>) -> [RuleDescription] {
        RuleCatalogue.rules.filter { names.contains($0.name) }.map { entry in
            RuleDescription(name: entry.name, severity: entry.rule.severity, page: entry.page)
        }
    }
}
