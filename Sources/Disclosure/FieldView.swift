package import Catalog
import DataFormats
package import Policies
package import Storage

/// What one decision lets be seen of an entity: which columns are fetched, and how each field is shown.
package final class FieldView: Sendable {
    package let entity: Entity
    package let decision: Decision
    package let shape: RecordShape
    /// Positions of the fields that are shown, in the catalog's order.
    package let shown: [Int]
    /// For each field its name with quotes and colon.
    let encodedNames: [[UInt8]]

    package init(_ entity: Entity, _ decision: Decision) {
        self.entity = entity
        self.decision = decision
        shown = entity.fields.indices.filter { decision.isAllowed && decision.access[$0] != .hidden }
        let visible = Set(shown)
        shape = RecordShape(entity) { visible.contains($0) }
        encodedNames = entity.fields.map { JSONWriter.encodedName($0.name) }
    }

    /// A field that the caller may filter, sort, search and match by: seen in the clear. `nil` for every other name,
    /// whether the field is masked, hidden or does not exist: the caller cannot tell these apart.
    package func usableField(named name: String) -> (position: Int, field: Field)? {
        guard decision.isAllowed, let position = entity.position(of: name), decision.access[position].isClear else { return nil }
        return (position, entity.fields[position])
    }

    /// The names shown in the clear and masked, for the audit trail.
    package func names(of positions: [Int]) -> (clear: [String], masked: [String]) {
        var clear: [String] = []
        var masked: [String] = []
        for position in positions {
            if decision.access[position].isClear { clear.append(entity.fields[position].name) } else { masked.append(entity.fields[position].name) }
        }
        return (clear, masked)
    }
}
