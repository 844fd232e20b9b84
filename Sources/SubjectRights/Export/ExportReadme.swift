import Catalog
import Vocabulary

/// `README.txt`: how whoever gets a package reads and checks it, without Gatehouse.
package enum ExportReadme {
    package static let fileName = "README.txt"

    /// - Parameters:
    ///   - frame: what the package is about.
    ///   - key: who signed the manifest, as `gatehouse certificate key` prints it.
    package static func text(_ frame: ExportFrame, key: String) -> String {
        let page = frame.scope == .portability ? "" : "index.html          a page to read and print: begin here\n"
        return """
            \(frame.scope.title)
            made \(frame.madeAt.description.prefix(10)) by \(frame.processing.controller.name)
            for request \(frame.request), under \(frame.scope.law)

            \(page)export.json         everything, for programs; export.schema.json says what it looks like (JSON Schema 2020-12)
            csv/                the same as tables; an apostrophe before = + - @ keeps spreadsheets from running a cell
            contact.vcf         you, for an address book (vCard 4.0)
            manifest.json       which files there are, with the SHA-256 of each, signed

            TO CHECK that nothing was changed
              sha256sum export.json           compare with manifest.json, and so on for each file
              gatehouse certificate manifest manifest.json --key FILE     FILE holds the line below

            The manifest was signed with this key; ask us on another way whether it is ours:
              \(key)

            QUESTIONS, corrections, complaints: \(frame.processing.controller.email)

            """
    }
}
