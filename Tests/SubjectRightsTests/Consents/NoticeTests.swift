import Catalog
import Foundation
import PolicyFiles
import Sealing
import SubjectRights
import Testing
import Vocabulary

/// The words that people are asked with.
struct NoticeTests {
    private static let purposes = [
        "marketing": Purpose(name: "marketing", label: "Offers", basis: .consent), "sales": Purpose(name: "sales", label: "Sales", basis: .contract),
    ]

    private static func read(_ texts: String...) throws -> Notices {
        let documents = try texts.map { text in
            let file = FileManager.default.temporaryDirectory.appending(path: "notice-\(UUID().uuidString).yaml")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(text.utf8).write(to: file)
            return try PolicyFolder.document(at: file.path)
        }
        return try NoticeReader.read(documents, purposes: purposes)
    }

    private static func problem(_ text: String) -> String {
        do {
            _ = try read(text)
            return ""
        } catch { return "\(error)" }
    }

    private static func notice(_ more: String = "", texts: String = "{ en: { title: T, text: W } }") -> String {
        "notice: letter\nversions:\n  - { version: 1, purposes: [marketing], personal_data: [EmailAddress], texts: \(texts)\(more) }\n"
    }

    @Test func `a notice has versions, languages and a term`() throws {
        let notices = try Self.read(
            """
            notice: letter
            versions:
              - { version: 1, purposes: [marketing], personal_data: [Name], retired: true, texts: { en: { title: Old, text: Words } } }
              - version: 3
                purposes: [marketing]
                personal_data: [EmailAddress, Name]
                valid_for: P24M
                texts:
                  en: { title: New, text: Words }
                  de-AT: { title: Neu, text: Worte }
            """)
        #expect(notices.retired == ["marketing": ["letter/1"]])
        let newest = try #require(notices.newest(for: "marketing"))
        #expect(newest.reference == NoticeReference(id: "letter", version: 3))
        #expect(notices.newest(named: "letter")?.reference == newest.reference)
        #expect(notices.newest(for: "sales") == nil)
        #expect(newest.term?.description == "P24M")
        #expect(newest.wording(in: "de-at")?.title == "Neu")
        #expect(newest.wording(in: "en-GB")?.title == "New")
        #expect(newest.wording(in: "de") == nil)
    }

    @Test func `the hash is over the exact words, whichever way they are composed`() throws {
        let composed = Notice.Wording(language: "fr", title: "Été", text: "Réponse")
        let decomposed = Notice.Wording(language: "fr", title: "E\u{301}te\u{301}", text: "Re\u{301}ponse")
        #expect(composed.hash == decomposed.hash)
        #expect(composed.hash == SHA256.hash(Array("\u{C9}t\u{E9}\nR\u{E9}ponse".utf8)))
        #expect(composed.hash != Notice.Wording(language: "fr", title: "Été", text: "Réponse ").hash)
        #expect(Notice.Wording(language: "en", title: "a\nb", text: "c").hash == Notice.Wording(language: "en", title: "a", text: "b\nc").hash)
    }

    @Test(arguments: [
        (notice(", purpose: x"), "'purpose' is not known"), (notice(texts: "{}"), "in one language at least"),
        (notice(texts: "{ english: { title: T, text: W } }"), "'english' is no language"),
        (notice(texts: "{ en: { title: T } }"), "needs 'text'"), (notice(texts: "{ en: { title: \"a\\nb\", text: W } }"), "title is one line"),
        (notice(", valid_for: 2 years"), "takes a period"), (notice().replacing("marketing]", with: "sales]"), "does not rest on consent"),
        (notice().replacing("marketing]", with: "marketng]"), "did you mean 'marketing'?"),
        (notice().replacing("EmailAddress", with: "e-mail"), "is no class of personal data"),
        (notice().replacing("letter", with: "A letter"), "small letters"),
        (notice() + "  - { version: 1, purposes: [marketing], personal_data: [], texts: { en: { title: T, text: W } } }\n", "versions count upwards"),
        ("notice: letter\nversions: []\n", "at least one"),
    ])
    func `a mistake is told with its place`(text: String, expected: String) {
        let problem = Self.problem(text)
        #expect(problem.contains(expected), "\(problem)")
        #expect(problem.contains(".yaml:"))
    }

    @Test func `a notice is written once`() {
        #expect(throws: Diagnostics.self) { try Self.read(Self.notice(), Self.notice()) }
    }

    @Test func `the shipped notices ask for every purpose that rests on consent, in English and German`() throws {
        let policies = try Shipped.policies()
        for purpose in policies.catalog.purposes.values where purpose.basis == .consent {
            let notice = try #require(policies.notices.newest(for: purpose.name))
            #expect(notice.wordings.map(\.language) == ["en", "de"])
        }
    }
}
