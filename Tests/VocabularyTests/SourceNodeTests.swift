import Testing
import Vocabulary

struct SourceNodeTests {
    private let place = SourcePosition(file: "a.yaml", line: 3, column: 5)

    @Test func `a diagnostic says where, what and what to do`() {
        #expect(Diagnostic(place, "this is wrong").description == "a.yaml:3:5: this is wrong")
        #expect(Diagnostic(place, "this is wrong", hint: "mend it").description == "a.yaml:3:5: this is wrong\n  hint: mend it")
        let both = Diagnostics([Diagnostic(place, "one"), Diagnostic(place, "two")])
        #expect(both.description == "a.yaml:3:5: one\na.yaml:3:5: two")
    }

    @Test(arguments: [("emial", "did you mean 'email'?"), ("phnoe", "did you mean 'phone'?"), ("qqqq", "one of email, phone")])
    func `the nearest word is offered, or all of them`(word: String, hint: String) {
        #expect(Spelling.hint(for: word, among: ["email", "phone"]) == hint)
    }

    @Test func `only unquoted words are truth values`() throws {
        func node(_ text: String, isQuoted: Bool = false) -> SourceNode {
            SourceNode(position: place, content: .scalar(text, isQuoted: isQuoted))
        }
        #expect(try node("true").boolean("x"))
        #expect(try !node("false").boolean("x"))
        for wrong in [node("true", isQuoted: true), node("yes"), node("True"), node("")] {
            #expect(throws: Diagnostic(place, "x has to be true or false")) { try wrong.boolean("x") }
        }
        #expect(try node("12").integer("x") == 12)
        #expect(throws: Diagnostic(place, "x has to be a whole number")) { try node("1.5").integer("x") }
    }
}
