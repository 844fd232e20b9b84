package import Vocabulary

/// Reads `policies/notices/*.yaml`; the grammar is described in `policies/README.md`.
package enum NoticeReader {
    /// - Parameter purposes: those that notices may ask for.
    package static func read(_ documents: [SourceNode], purposes: [String: Purpose]) throws(Diagnostics) -> Notices {
        var problems: [Diagnostic] = []
        var notices: [Notice] = []
        var seen: [String: SourcePosition] = [:]
        for document in documents {
            do throws(Diagnostic) {
                let top = try document.mapping("a notice")
                try top.refuseOthers(than: ["notice", "versions"])
                let name = try top.required("notice")
                let id = try identifier(name)
                if let first = seen.updateValue(name.position, forKey: id) {
                    throw Diagnostic(name.position, "notice '\(id)' is written twice", hint: "see \(first)")
                }
                guard case .sequence(let versions) = try top.required("versions").content, !versions.isEmpty else {
                    throw Diagnostic(top.position, "versions has to be a list of at least one")
                }
                var last = 0
                for version in versions {
                    let notice = try read(version, of: id, purposes)
                    guard notice.reference.version > last else {
                        throw Diagnostic(version.position, "versions count upwards", hint: "the newest comes last")
                    }
                    last = notice.reference.version
                    notices.append(notice)
                }
            } catch {
                problems.append(error)
            }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return Notices(notices)
    }

    private static func read(_ node: SourceNode, of id: String, _ purposes: [String: Purpose]) throws(Diagnostic) -> Notice {
        let mapping = try node.mapping("a version")
        try mapping.refuseOthers(than: ["version", "purposes", "personal_data", "valid_for", "retired", "texts"])
        let number = try mapping.required("version")
        let version = try number.integer("version")
        guard (1...9999).contains(version) else { throw Diagnostic(number.position, "a version is a number from 1 to 9999") }
        let asked = try mapping.required("purposes").texts("purposes")
        guard !asked.isEmpty else { throw Diagnostic(mapping.position, "a notice asks for one purpose at least") }
        for item in asked {
            guard let purpose = purposes[item.text] else {
                throw Diagnostic(
                    item.position, "purpose '\(item.text)' is not declared", hint: Spelling.hint(for: item.text, among: purposes.keys.sorted()))
            }
            guard purpose.basis == .consent else {
                throw Diagnostic(
                    item.position, "purpose '\(item.text)' does not rest on consent", hint: "whoever asks for what needs no consent misleads")
            }
        }
        var data: [String] = []
        for item in try mapping.required("personal_data").texts("personal_data") {
            guard let first = item.text.utf8.first, (0x41...0x5A).contains(first), item.text.utf8.count <= 80,
                item.text.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
            else {
                throw Diagnostic(
                    item.position, "'\(item.text)' is no class of personal data",
                    hint: "as https://w3id.org/dpv/pd names them, such as EmailAddress")
            }
            data.append(item.text)
        }
        let term = try mapping["valid_for"].map { node throws(Diagnostic) in
            guard let term = ConsentTerm(try node.text("valid_for")) else {
                throw Diagnostic(node.position, "valid_for takes a period such as P2Y, P24M or P90D")
            }
            return term
        }
        return Notice(
            reference: NoticeReference(id: id, version: version), purposes: asked.map(\.text), personalData: data, term: term,
            isRetired: try mapping["retired"]?.boolean("retired") ?? false, wordings: try wordings(mapping.required("texts"))
        )
    }

    private static func wordings(_ node: SourceNode) throws(Diagnostic) -> [Notice.Wording] {
        var wordings: [Notice.Wording] = []
        for member in try node.mapping("texts").members {
            let language = try member.key.text("a language")
            guard isLanguage(language) else { throw Diagnostic(member.key.position, "'\(language)' is no language", hint: "such as en or de-AT") }
            let mapping = try member.value.mapping("the text in \(language)")
            try mapping.refuseOthers(than: ["title", "text"])
            let title = try line(mapping.required("title"), "title")
            let text = try mapping.required("text").text("text")
            guard !text.allSatisfy(\.isWhitespace) else { throw Diagnostic(member.value.position, "text is empty") }
            wordings.append(Notice.Wording(language: language, title: title, text: text))
        }
        if wordings.isEmpty { throw Diagnostic(node.position, "a notice needs its words in one language at least") }
        return wordings
    }

    private static func line(_ node: SourceNode, _ what: String) throws(Diagnostic) -> String {
        let text = try node.text(what)
        guard !text.allSatisfy(\.isWhitespace), !text.contains(where: \.isNewline) else { throw Diagnostic(node.position, "\(what) is one line") }
        return text
    }

    private static func identifier(_ node: SourceNode) throws(Diagnostic) -> String {
        let text = try node.text("notice")
        let isPlain = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard isPlain, !text.isEmpty, text.utf8.count <= 48 else {
            throw Diagnostic(node.position, "the name of a notice takes small letters, digits and hyphens, at most 48")
        }
        return text
    }

    /// Letters, and further parts behind hyphens, as BCP 47 has them.
    private static func isLanguage(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, (2...3).contains(first.utf8.count), first.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { return false }
        return parts.count <= 3
            && parts.dropFirst().allSatisfy { part in
                (2...8).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
            }
    }
}
