import Vocabulary

/// Where something of a person can be among the records, derived from the `subject:` declarations of the catalog.
///
/// Export, erasure and retention go by it, so that an entity that is declared is reached, and none has to be listed anywhere.
package struct Reach: Sendable {
    /// A field by which records of one entity point to records of another.
    package struct Link: Sendable {
        package let entity: Entity
        package let field: Field
        /// The records pointed to would go before those that point: the reference has to be cut even where both go.
        package let isCircular: Bool
    }

    /// Entities whose records are about people, in an order in which they can go: who points to records of another comes before it.
    package let entities: [Entity]
    private let links: [String: [Link]]
    private let catalog: CompiledCatalog

    package init(_ catalog: CompiledCatalog) {
        self.catalog = catalog
        let people = catalog.entities.filter { $0.subject != .nobody }
        var order: [Entity] = []
        var seen: Set<String> = []
        /// After everything that points to it.
        func visit(_ entity: Entity) {
            guard seen.insert(entity.name).inserted else { return }
            for other in people where other.name != entity.name && other.fields.contains(where: { $0.referenceTo == entity.name }) { visit(other) }
            order.append(entity)
        }
        people.forEach(visit)
        entities = order
        let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1.name, $0) })
        var links: [String: [Link]] = [:]
        for entity in catalog.entities {
            for field in entity.fields {
                guard let target = field.referenceTo, let goes = places[target] else { continue }
                let isCircular = places[entity.name].map { $0 > goes } ?? false
                links[target, default: []].append(Link(entity: entity, field: field, isCircular: isCircular))
            }
        }
        self.links = links
    }

    /// Entities whose records are the people themselves.
    package var people: [Entity] { entities.filter { $0.subject == .itself } }

    /// Fields of all entities, whoever theirs are, that point to records of this one.
    package func links(to entity: Entity) -> [Link] { links[entity.name] ?? [] }

    /// Histories of an entity, with the field that says whose history it is, and whether what they record is personal.
    package func histories(of entity: Entity) -> [(history: Entity, reference: Field, isPersonal: Bool)] {
        entity.fields.compactMap { field in
            guard let history = catalog.history(of: field.name, in: entity.name),
                let reference = history.fields.first(where: { $0.referenceTo == entity.name })
            else { return nil }
            return (history, reference, field.fieldClass.isPersonal)
        }
    }
}

extension Field {
    /// Whether the field is emptied in a record that stays without its person: what is personal, what only the person's key opens, and, in the
    /// record that was the person, what singles it out in another system.
    package func goesWithThePerson(in entity: Entity) -> Bool {
        isSealed || fieldClass.isPersonal || (entity.subject == .itself && uniqueness == .enforced)
    }
}
