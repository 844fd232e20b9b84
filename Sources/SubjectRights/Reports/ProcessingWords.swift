import Catalog
import Vocabulary

/// What reports on processing say alike.
struct ProcessingWords {
    let catalog: CompiledCatalog
    let processing: ProcessingDeclaration

    /// Purposes in the order of their names: a dictionary has none.
    var purposes: [Purpose] { catalog.purposes.values.sorted { $0.name < $1.name } }

    static func words(_ basis: LawfulBasis) -> String {
        switch basis {
        case .consent: "consent"
        case .contract: "a contract, or steps before one"
        case .legalObligation: "a duty of the law"
        case .vitalInterests: "vital interests"
        case .publicTask: "a task in the public interest"
        case .legitimateInterests: "legitimate interests"
        }
    }

    static func words(_ fieldClass: FieldClass) -> String {
        switch fieldClass {
        case .operational: "operational"
        case .business: "business"
        case .personal: "personal"
        case .identifying: "identifying"
        case .special: "special categories (GDPR Art. 9, 10)"
        case .financial: "financial"
        }
    }

    static func words(_ role: Recipient.Role) -> String {
        switch role {
        case .processor: "processor (Art. 28)"
        case .thirdParty: "third party"
        case .jointController: "joint controller (Art. 26)"
        }
    }

    /// `P3Y` in words.
    static func words(period text: String) -> String {
        let count = text.dropFirst().dropLast()
        let unit =
            switch text.last {
            case "Y": "year"
            case "M": "month"
            case "W": "week"
            default: "day"
            }
        return "\(count) \(unit)\(count == "1" ? "" : "s")"
    }

    /// What a rule does, as a sentence without its subject.
    func words(_ rule: RetentionRule, of entity: Entity) -> String {
        let since = entity.field(named: rule.since)?.label ?? rule.since
        let period = "\(Self.words(period: rule.after)) after “\(since)”"
        return switch rule.action {
        case .erase: entity.subject == .itself ? "erased with everything about the person, \(period)" : "erased \(period)"
        case .anonymise: "made anonymous \(period)"
        case .archive: "moved to the archive \(period)"
        case .review: "looked at by somebody \(period)"
        case .keep: "kept at least \(period)"
        }
    }

    /// Entities that hold something of people, for a purpose: as a whole or in a field.
    func entities(for purpose: String) -> [Entity] {
        catalog.entities.filter { entity in entity.subject != .nobody && fields(of: entity, for: purpose).contains { $0.fieldClass.isPersonal } }
    }

    func fields(of entity: Entity, for purpose: String) -> [Field] {
        entity.fields.filter { ($0.purposes.isEmpty ? entity.purposes : $0.purposes).contains(purpose) }
    }

    func purposes(of field: Field, in entity: Entity) -> [String] { field.purposes.isEmpty ? entity.purposes : field.purposes }

    func party(_ party: ContactParty) -> String { [party.name, party.email, party.url].compactMap { $0 }.joined(separator: ", ") }

    var contacts: ReportDocument.Section {
        let controller = processing.controller
        var rows = [
            ["Controller", controller.name], ["Address", "\(controller.address), \(controller.country)"], ["E-mail", controller.email],
        ]
        if let phone = controller.phone { rows.append(["Phone", phone]) }
        if let url = controller.url { rows.append(["Page", url]) }
        if let officer = processing.dataProtectionOfficer { rows.append(["Data protection officer", party(officer)]) }
        if let authority = processing.supervisoryAuthority { rows.append(["Supervisory authority", party(authority)]) }
        return ReportDocument.Section("Who answers for it", columns: ["What", "Who"], rows: rows)
    }

    /// Member states of the European Union, and Iceland, Liechtenstein and Norway.
    private static let area: Set<String> = [
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO",
        "SK", "SI", "ES", "SE", "IS", "LI", "NO",
    ]

    var transfers: [Recipient] { processing.recipients.filter { !Self.area.contains($0.country) } }
    var distantStorage: [String] { processing.storageLocations.filter { !Self.area.contains($0) } }

    func transfer(_ recipient: Recipient) -> String {
        recipient.safeguard ?? "none is declared: name it in processing.yaml (GDPR Art. 44 to 49)"
    }
}
