import Replay
import Yams

/// Reads the YAML of a scenario.
///
/// Every mistake is refused with the line it is on, and nothing is guessed: a fault that was meant and not understood would
/// make a test pass that should not.
enum ScenarioReader {
    typealias Mistake = ReplayScenario.Mistake

    /// References are allowed and counted: each may double what comes out of a file (RELIABILITY.md I2).
    private static let mostAliases = 16
    private static let mostFaults = 1_000
    private static let keys = ["faults", "seed", "timing", "clock"]
    private static let faultKeys = ["fault", "value", "filter", "when"]

    static func scenario(_ text: String) throws(Mistake) -> ReplayScenario {
        try countAliases(text)
        guard let root = try root(text) else {
            throw Mistake("the file is empty; expected a map with \(list(keys))", line: 1)
        }
        guard case .mapping(let map) = root else {
            throw Mistake("found \(kind(root)); expected a map with \(list(keys))", line: line(root))
        }
        var scenario = ReplayScenario()
        for (key, value) in map {
            switch key.string {
            case "faults": scenario.faults = try faults(value)
            case "seed":
                guard let seed = scalar(value).flatMap({ UInt64($0) }) else {
                    throw Mistake("seed is \(shown(value)); expected a whole number", line: line(value))
                }
                scenario.seed = seed
            case "timing": scenario.pace = try named(value, "timing", ReplayScenario.pace)
            case "clock": scenario.clock = try named(value, "clock", ReplayScenario.clock)
            default: throw Mistake("there is no \(shown(key)) in a scenario; expected \(list(keys))", line: line(key))
            }
        }
        return scenario
    }

    // MARK: Faults

    private static func faults(_ node: Node) throws(Mistake) -> [FaultRule] {
        guard case .sequence(let items) = node else {
            throw Mistake("faults is \(kind(node)); expected a list", line: line(node))
        }
        guard items.count <= mostFaults else {
            throw Mistake("there are \(items.count) faults; at most \(mostFaults) are taken", line: line(node))
        }
        var rules: [FaultRule] = []
        for item in items {
            switch item {
            case .scalar(let text): rules.append(try fault(text.string, item))
            case .mapping(let map): rules.append(try fault(map, item))
            case .sequence, .alias:
                throw Mistake(
                    "found \(kind(item)); expected a fault such as 'cut=1M@2 op:blob.get', or a map with \(list(faultKeys))",
                    line: line(item))
            }
        }
        return rules
    }

    /// In the form of `--fault`.
    private static func fault(_ text: String, _ node: Node) throws(Mistake) -> FaultRule {
        do {
            return try FaultRule(parsing: text)
        } catch {
            throw Mistake("'\(text)': \(error.description)", line: line(node))
        }
    }

    private static func fault(_ map: Node.Mapping, _ node: Node) throws(Mistake) -> FaultRule {
        var values: [String: Node] = [:]
        for (key, value) in map {
            guard let name = key.string, faultKeys.contains(name) else {
                throw Mistake("there is no \(shown(key)) in a fault; expected \(list(faultKeys))", line: line(key))
            }
            guard scalar(value) != nil else {
                throw Mistake("\(name) is \(kind(value)); expected a text or a number", line: line(value))
            }
            values[name] = value
        }
        guard let action = values["fault"] else {
            throw Mistake("a fault has no \"fault\"; expected one of \(FaultRule.words)", line: line(node))
        }
        // One part after the other, so that the line is that of the part at fault.
        let parts: [(node: Node, filter: Node?, when: Node?)] = [
            (values["value"] ?? action, nil, nil), (values["when"] ?? action, nil, values["when"]),
            (values["filter"] ?? action, values["filter"], values["when"]),
        ]
        var rule: FaultRule?
        for part in parts {
            do {
                rule = try FaultRule(
                    action: text(action), value: values["value"].map(text), filter: part.filter.map(text) ?? "",
                    when: part.when.map(text))
            } catch {
                throw Mistake(error.description, line: line(part.node))
            }
        }
        guard let rule else { throw Mistake("a fault is empty", line: line(node)) }
        return rule
    }

    // MARK: YAML

    private static func root(_ text: String) throws(Mistake) -> Node? {
        do {
            return try compose(yaml: text)
        } catch let error as YamlError {
            throw mistake(error, text)
        } catch {
            throw Mistake("this is no YAML")
        }
    }

    private static func mistake(_ error: YamlError, _ text: String) -> Mistake {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return Mistake("\(problem), column \(mark.column); expected YAML", line: mark.line)
        case .duplicatedKeysInMapping(let names, let context):
            return Mistake(
                "\(names.map { "\"\($0)\"" }.joined(separator: ", ")) is there twice; expected each key once",
                line: repetition(of: names.first ?? "", from: context.mark, text))
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            return Mistake("\(problem); expected YAML in UTF-8", line: before.count { $0.isNewline } + 1)
        default: return Mistake("this is no YAML", line: 1)
        }
    }

    /// The line on which a key comes again; the parser tells its first place.
    ///
    /// Between braces it stands on the same line, or near by.
    private static func repetition(of name: String, from mark: Mark, _ text: String) -> Int {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated().dropFirst(mark.line) {
            let rest = line.drop { $0 == " " }
            let column = line.count - rest.count + 1
            if rest.isEmpty || rest.hasPrefix("#") { continue }
            guard column >= mark.column else { break }
            let key = rest.prefix { $0 != ":" }.filter { $0 != "\"" && $0 != "'" && $0 != " " }
            if column == mark.column, key == name { return index + 1 }
        }
        return mark.line
    }

    /// Counts what may be a reference, rather too much than too little.
    private static func countAliases(_ text: String) throws(Mistake) {
        var count = 0
        var line = 1
        var before = UInt8(ascii: "\n")
        for octet in text.utf8 {
            // Behind a letter, digit, dot, slash or colon within a word it is the star of a filter.
            let isWithinWord =
                (0x30...0x39).contains(before) || (0x61...0x7A).contains(before | 0x20) || before == UInt8(ascii: ".")
                || before == UInt8(ascii: "/") || before == UInt8(ascii: ":")
            if octet == UInt8(ascii: "*"), !isWithinWord { count += 1 }
            guard count <= mostAliases else {
                throw Mistake("more than \(mostAliases) references (*name); expected fewer", line: line)
            }
            if octet == UInt8(ascii: "\n") { line += 1 }
            before = octet
        }
    }

    private static func named<Value>(
        _ node: Node, _ name: String, _ read: (String) throws(Mistake) -> Value
    ) throws(Mistake) -> Value {
        guard let text = scalar(node) else {
            throw Mistake("\(name) is \(kind(node)); expected a text or a number", line: line(node))
        }
        do {
            return try read(text)
        } catch {
            throw Mistake(error.sentence, line: line(node))
        }
    }

    private static func scalar(_ node: Node) -> String? {
        if case .scalar(let scalar) = node { scalar.string } else { nil }
    }

    private static func text(_ node: Node) -> String { scalar(node) ?? "" }

    private static func line(_ node: Node) -> Int? { node.mark?.line }

    private static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "the text \"\(scalar.string.prefix(40))\""
        case .mapping: "a map"
        case .sequence: "a list"
        case .alias: "a reference"
        }
    }

    private static func shown(_ node: Node) -> String { scalar(node).map { "\"\($0.prefix(40))\"" } ?? kind(node) }

    private static func list(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + " and " + (words.last ?? "")
    }
}
