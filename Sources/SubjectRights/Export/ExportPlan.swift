package import Catalog
import Vocabulary

/// Which fields of which entities an export shows, derived from the catalog: a field that is declared is in it, or there is a reason.
package struct ExportPlan: Sendable {
    /// How a field is handed out.
    package enum Treatment: Sendable, Equatable {
        case shown
        /// It is said that there is a value (11 CCR 7024(d)).
        case held
        /// It speaks of somebody else (GDPR Art. 15(4)); it is said that there is a value.
        case another
        /// A reference to a person: shown when it points to the one who asks.
        case ownOnly
    }

    package struct PlannedField: Sendable {
        package let position: Int
        package let field: Field
        package let treatment: Treatment
    }

    package struct PlannedEntity: Sendable {
        package let entity: Entity
        package let fields: [PlannedField]
        /// Records of others that name the person: all that is shown is that they do, and what tells of nobody.
        package let isMention: Bool
        /// For a history, the entity whose changes it keeps, and the position of the reference to it: its records follow those.
        package let origin: (entity: String, reference: Int)?

        /// Positions of references through which a record that is about somebody else can name the person.
        package var namingReferences: [Int] { fields.filter { $0.treatment == .ownOnly }.map(\.position) }
    }

    package let scope: ExportScope
    /// In the order of the catalog, people first.
    package let entities: [PlannedEntity]
    /// Records about others in which the person may be named; none for portability.
    package let mentions: [PlannedEntity]

    package init(_ catalog: CompiledCatalog, _ scope: ExportScope) {
        self.scope = scope
        let people = Set(catalog.entities.filter { $0.subject == .itself }.map(\.name))
        let ordered = catalog.entities.filter { $0.subject == .itself } + catalog.entities.filter { $0.subject != .itself }
        var reached: Set<String> = []
        var entities: [PlannedEntity] = []
        for entity in ordered {
            var origin: (entity: String, reference: Int)?
            if entity.subject == .nobody {
                // What is about nobody is nobody's to ask for, but the history of a record is part of it.
                guard let history = entity.historyOf, catalog.entity(named: history.entity)?.subject != .nobody,
                    let reference = entity.fields.firstIndex(where: { $0.referenceTo == history.entity })
                else { continue }
                origin = (history.entity, reference)
            }
            let fields = entity.fields.enumerated().compactMap { position, field in
                Self.treatment(of: field, scope, people, catalog).map { PlannedField(position: position, field: field, treatment: $0) }
            }
            // Who asks for portability gets no empty shells of records that somebody else wrote.
            if scope == .portability, !fields.contains(where: { $0.field.givenBy == .subject }) { continue }
            reached.insert(entity.name)
            entities.append(PlannedEntity(entity: entity, fields: fields, isMention: false, origin: origin))
        }
        self.entities = entities.filter { $0.origin.map { reached.contains($0.entity) } ?? true }
        mentions =
            scope == .portability
            ? []
            : catalog.entities.compactMap { entity in
                guard entity.fields.contains(where: { $0.referenceTo.map(people.contains) ?? false }) else { return nil }
                let fields = entity.fields.enumerated().map { position, field in
                    PlannedField(position: position, field: field, treatment: Self.treatment(ofMentioning: field, people))
                }
                return PlannedEntity(entity: entity, fields: fields, isMention: true, origin: nil)
            }
    }

    /// `nil` leaves the field out.
    private static func treatment(of field: Field, _ scope: ExportScope, _ people: Set<String>, _ catalog: CompiledCatalog) -> Treatment? {
        if scope == .portability {
            let isAsked = field.purposes.contains { name in
                catalog.purposes[name].map { $0.basis == .consent || $0.basis == .contract } ?? false
            }
            guard field.givenBy == .subject, isAsked else { return nil }
        }
        if field.type == .user { return .another }
        if field.referenceTo.map(people.contains) ?? false { return .ownOnly }
        return scope == .know && field.isOnlySaidToBeHeld ? .held : .shown
    }

    /// In a record about somebody else only what can tell of nobody is shown: no text that somebody wrote, no number.
    private static func treatment(ofMentioning field: Field, _ people: Set<String>) -> Treatment {
        if field.referenceTo.map(people.contains) ?? false { return .ownOnly }
        let saysNothing = !field.isSealed && !field.fieldClass.isPersonal
        return switch field.type {
        case .choice, .timestamp, .date: saysNothing ? .shown : .another
        default: .another
        }
    }
}
