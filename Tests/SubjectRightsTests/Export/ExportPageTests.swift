import Catalog
import DataFormats
import Foundation
import PolicyFiles
import SubjectRights
import Testing
import Vocabulary

struct ExportPageTests {
    @Test func `nothing that a person wrote becomes markup, and nothing is run or loaded`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try PolicyFolder.load(root.path + "/policies")
        let plan = try #require(ExportPlan(folder.catalog, .access).entities.first { $0.entity.name == "contact" })
        let attack = "</td><script>alert(1)</script><img src=x onerror=\"alert('x')\">&amp;"
        let frame = ExportFrame(
            request: .make(), package: .make(), madeAt: .now(), scope: .access, subjects: [SubjectID(.make())], processing: folder.processing,
            purposes: folder.catalog.purposes
        )
        var page = ExportPage(frame)
        page.begin([
            ExportSection(name: "consents", title: attack, explanation: attack, columns: [("a", attack)], rows: [[.string(attack)]])
        ])
        page.begin(plan)
        page.add(ExportedRecord(id: .make(), values: plan.fields.map { _ in .shown(.text(attack)) }), plan)
        page.endEntity()
        page.end()
        let text = String(decoding: page.takeBytes(), as: UTF8.self)
        #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("onerror=\""))
        #expect(text.contains("&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;amp;"))
        #expect(text.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""))
        for word in ["src=", "href=", "url(", "@import", "<link", "<iframe", "<form"] {
            #expect(!text.replacing("src=x", with: "").contains(word), "\(word)")
        }
        // Nobody's reading depends on a colour scheme, and paper has its own rules.
        #expect(text.contains("color-scheme:light dark") && text.contains("@media print"))
    }
}
