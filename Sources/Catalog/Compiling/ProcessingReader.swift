import DataFormats
import Foundation
package import Vocabulary

/// Reads `processing.yaml`; the grammar is described in `policies/README.md`.
package enum ProcessingReader {
    /// - Parameter purposes: those that recipients may name.
    package static func read(_ document: SourceNode, purposes: [String: Purpose]) throws(Diagnostics) -> ProcessingDeclaration {
        var problems: [Diagnostic] = []
        do throws(Diagnostic) {
            let top = try document.mapping("the processing document")
            try top.refuseOthers(than: [
                "controller", "data_protection_officer", "supervisory_authority", "recipients", "storage_locations", "measures", "sources",
                "time_zone", "holidays",
            ])
            var recipients: [Recipient] = []
            for member in try top["recipients"]?.mapping("recipients").members ?? [] {
                do throws(Diagnostic) { recipients.append(try recipient(member, purposes)) } catch { problems.append(error) }
            }
            let zone = try top.required("time_zone")
            let zoneName = try zone.text("time_zone")
            guard TimeZone(identifier: zoneName) != nil else {
                throw Diagnostic(zone.position, "time_zone '\(zoneName)' is not known", hint: "an IANA name such as Europe/Berlin")
            }
            var holidays: [CalendarDate] = []
            for day in try top["holidays"]?.texts("holidays") ?? [] {
                guard let date = CalendarDate(day.text) else { throw Diagnostic(day.position, "a holiday is a day such as 2026-12-25") }
                holidays.append(date)
            }
            let declaration = ProcessingDeclaration(
                controller: try controller(top.required("controller")), dataProtectionOfficer: try contact(top["data_protection_officer"]),
                supervisoryAuthority: try contact(top["supervisory_authority"]), recipients: recipients,
                storageLocations: try countries(top["storage_locations"]), measures: try top["measures"]?.texts("measures").map(\.text) ?? [],
                sources: try top["sources"]?.texts("sources").map(\.text) ?? [], timeZone: zoneName, holidays: holidays.sorted()
            )
            if problems.isEmpty { return declaration }
        } catch {
            problems.append(error)
        }
        throw Diagnostics(problems)
    }

    private static func controller(_ node: SourceNode) throws(Diagnostic) -> ControllerParty {
        let mapping = try node.mapping("controller")
        try mapping.refuseOthers(than: ["name", "address", "email", "phone", "url", "country"])
        return ControllerParty(
            name: try mapping.required("name").text("name"), address: try mapping.required("address").text("address"),
            email: try mapping.required("email").text("email"), phone: try mapping["phone"]?.text("phone"), url: try mapping["url"]?.text("url"),
            country: try country(mapping.required("country"))
        )
    }

    private static func contact(_ node: SourceNode?) throws(Diagnostic) -> ContactParty? {
        guard let node else { return nil }
        let mapping = try node.mapping("a contact")
        try mapping.refuseOthers(than: ["name", "email", "url"])
        return ContactParty(
            name: try mapping.required("name").text("name"), email: try mapping["email"]?.text("email"), url: try mapping["url"]?.text("url")
        )
    }

    private static func recipient(
        _ member: (key: SourceNode, value: SourceNode), _ purposes: [String: Purpose]
    ) throws(Diagnostic) -> Recipient {
        let name = try member.key.text("the name of a recipient")
        guard !name.isEmpty, name.utf8.count <= 48, name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) else {
            throw Diagnostic(member.key.position, "the name of a recipient takes small letters, digits and hyphens, at most 48")
        }
        let mapping = try member.value.mapping("recipient \(name)")
        try mapping.refuseOthers(than: ["label", "role", "purposes", "country", "safeguard", "webhook"])
        let names = try mapping.required("purposes").texts("purposes")
        for purpose in names where purposes[purpose.text] == nil {
            throw Diagnostic(
                purpose.position, "purpose '\(purpose.text)' is not declared",
                hint: Spelling.hint(for: purpose.text, among: purposes.keys.sorted())
            )
        }
        if let webhook = mapping["webhook"] {
            let url = try webhook.text("webhook")
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw Diagnostic(webhook.position, "webhook is an address that begins with https://")
            }
        }
        return Recipient(
            name: name, label: try mapping.required("label").text("label"),
            role: try mapping.required("role").choice("role", of: Recipient.Role.self),
            purposes: names.map(\.text), country: try country(mapping.required("country")), safeguard: try mapping["safeguard"]?.text("safeguard"),
            webhook: try mapping["webhook"]?.text("webhook")
        )
    }

    private static func countries(_ node: SourceNode?) throws(Diagnostic) -> [String] {
        var countries: [String] = []
        for item in try node?.texts("storage_locations") ?? [] { countries.append(try checked(item.text, item.position)) }
        return countries
    }

    private static func country(_ node: SourceNode) throws(Diagnostic) -> String { try checked(node.text("country"), node.position) }

    private static func checked(_ text: String, _ position: SourcePosition) throws(Diagnostic) -> String {
        guard CodeLists.countries.contains(text) else {
            throw Diagnostic(position, "'\(text)' is no country code", hint: "two letters of ISO 3166-1, such as DE")
        }
        return text
    }
}
