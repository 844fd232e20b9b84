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

    package func entity(named name: String) -> Entity? { byName[name].map { entities[$0] } }
    package func entity(plural: String) -> Entity? { byPlural[plural].map { entities[$0] } }
    /// The entity that records the changes of a field.
    package func history(of field: String, in entity: String) -> Entity? { histories["\(entity).\(field)"].map { entities[$0] } }
}
