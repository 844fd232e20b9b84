package import Vocabulary

/// All entities and purposes, checked against each other.
package struct CompiledCatalog: Sendable {
    package let entities: [Entity]
    package let purposes: [String: Purpose]
    private let byName: [String: Int]
    private let byPlural: [String: Int]
    private let histories: [String: Int]

    init(entities: [Entity], purposes: [String: Purpose]) {
        self.entities = entities
        self.purposes = purposes
        self.byName = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1.name, $0) })
        self.byPlural = Dictionary(uniqueKeysWithValues: entities.enumerated().map { ($1.plural, $0) })
        self.histories = Dictionary(
            uniqueKeysWithValues: entities.enumerated().compactMap { index, entity in
                entity.historyOf.map { ("\($0.entity).\($0.field)", index) }
            }
        )
    }

    /// The same, with consents to these notices, by purpose, no longer being any.
    package func retiring(_ notices: [String: [String]]) -> CompiledCatalog {
        var purposes = purposes
        for (name, references) in notices { purposes[name]?.retiredNotices = references }
        return CompiledCatalog(entities: entities, purposes: purposes)
    }

    package func entity(named name: String) -> Entity? { byName[name].map { entities[$0] } }
    package func entity(plural: String) -> Entity? { byPlural[plural].map { entities[$0] } }
    /// The entity that records the changes of a field.
    package func history(of field: String, in entity: String) -> Entity? { histories["\(entity).\(field)"].map { entities[$0] } }
    /// Whether changes of some field of the entity are recorded.
    package func hasHistory(_ entity: Entity) -> Bool { entities.contains { $0.historyOf?.entity == entity.name } }
}
