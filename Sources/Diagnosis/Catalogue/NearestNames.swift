/// Names that somebody probably meant who wrote another one.
public enum NearestNames {
    /// At most three of `names`, the nearest first: those that hold the word, and those that a few letters part from it.
    public static func of(_ word: String, among names: [String]) -> [String] {
        // A name is at most some dozen letters; more is not a slip of the pen.
        let word = String(word.lowercased().prefix(64))
        guard !word.isEmpty else { return [] }
        return names.map { (name: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= max(2, word.count / 3) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
    }

    /// Letters to change, add or leave out (Levenshtein); a word that a name holds is near to it.
    private static func distance(_ word: String, _ name: String) -> Int {
        if word.count >= 3, name.contains(word) { return 1 }
        let (left, right) = (Array(word.utf8), Array(name.utf8))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let changed = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
