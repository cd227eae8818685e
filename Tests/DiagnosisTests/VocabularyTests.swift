import Diagnosis
import Testing

struct VocabularyTests {
    @Test(arguments: [
        ("Access Denied", "access denied", true), ("Access Denied", "DENIED", true),
        ("Access Denied", "denied!", false),
        ("", "a", false), ("a", "", true), ("aab", "ab", true), ("größe XY", "e xy", true),
    ])
    func `words are found whatever their case`(text: String, words: String, isFound: Bool) {
        #expect(text.containsIgnoringASCIICase(words) == isFound)
    }

    @Test func `a quotation is one line and bounded`() {
        #expect(" a\r\n\tb  c ".quotable(80) == "a b c")
        #expect(String(repeating: "x", count: 1_000).quotable(10) == "xxxxxxxxx…")
    }

    @Test(arguments: [
        ("authorization-forwraded", "authorization-forwarded"), ("unexplained", "unexplained-error"),
        ("debug-log", "daemon-debug-log"),
    ])
    func `a name that is nearly right is known`(word: String, name: String) {
        let names = RuleCatalogue.rules.map(\.name) + RuleCatalogue.guides.map(\.name)
        #expect(NearestNames.of(word, among: names).first == name)
    }

    @Test func `a name that is nothing like any is not`() {
        #expect(NearestNames.of("zzzzzzzzzz", among: ["authorization-forwarded", "daemon-debug-log"]) == [])
        #expect(NearestNames.of("", among: ["a"]) == [])
    }
}
