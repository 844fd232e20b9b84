package import Catalog
import DataFormats
package import Policies
import Sealing
package import Storage
import Synchronization

/// What one decision lets be seen of an entity: which columns are fetched, and how each field is shown.
package final class FieldView: Sendable {
    package let entity: Entity
    package let decision: Decision
    package let shape: RecordShape
    /// Positions of the fields that are shown, in the catalog's order.
    package let shown: [Int]
    /// For each field its name with quotes and colon.
    let encodedNames: [[UInt8]]
    /// `masked` and `withheld` of `_meta`: names only, the same for every record, so that they say nothing about a value.
    let maskedJSON: [UInt8]
    let withheldJSON: [UInt8]
    /// What tells this sight from others in an entity tag.
    let tagBytes: [UInt8]
    private let shapes = Mutex<[[Int]: RecordShape]>([:])

    package init(_ entity: Entity, _ decision: Decision) {
        self.entity = entity
        self.decision = decision
        shown = entity.fields.indices.filter { decision.isAllowed && decision.access[$0] != .hidden }
        let visible = Set(shown)
        shape = RecordShape(entity) { visible.contains($0) }
        encodedNames = entity.fields.map { JSONWriter.encodedName($0.name) }
        var masked = JSONObject()
        var withheld: [JSONValue] = []
        for (field, access) in zip(entity.fields, decision.access) {
            switch access {
            case .clear: break
            case .masked(let mask): masked[field.name] = .string(mask.rawValue)
            case .hidden: withheld.append(.string(field.name))
            }
        }
        maskedJSON = JSONValue.object(masked).encoded()
        withheldJSON = JSONValue.array(withheld).encoded()
        tagBytes = Blake2b.hash(Array(decision.fingerprint.utf8), byteCount: 16)
    }

    /// The columns that some of the fields need; made once for each choice, within reason.
    package func shape(of positions: [Int]) -> RecordShape {
        if positions.count == shown.count { return shape }
        return shapes.withLock { shapes in
            if let shape = shapes[positions] { return shape }
            if shapes.count >= 256 { shapes.removeAll() }
            let wanted = Set(positions)
            let shape = RecordShape(entity) { wanted.contains($0) }
            shapes[positions] = shape
            return shape
        }
    }

    /// A field that the caller may filter, sort, search and match by: seen in the clear. `nil` for every other name,
    /// whether the field is masked, hidden or does not exist: the caller cannot tell these apart.
    package func usableField(named name: String) -> (position: Int, field: Field)? {
        guard decision.isAllowed, let position = entity.position(of: name), decision.access[position].isClear else { return nil }
        return (position, entity.fields[position])
    }

    /// Of these fields those that are shown.
    package func shown(among positions: [Int]) -> [Int] {
        positions.allSatisfy { decision.access[$0] != .hidden } ? positions : positions.filter { decision.access[$0] != .hidden }
    }

    /// The names shown in the clear and masked, for the audit trail.
    package func names(of positions: [Int]) -> (clear: Set<FieldName>, masked: Set<FieldName>) {
        var clear: Set<FieldName> = []
        var masked: Set<FieldName> = []
        for position in positions {
            switch decision.access[position] {
            case .clear: clear.insert(FieldName(entity.fields[position]))
            case .masked: masked.insert(FieldName(entity.fields[position]))
            case .hidden: break
            }
        }
        return (clear, masked)
    }
}
