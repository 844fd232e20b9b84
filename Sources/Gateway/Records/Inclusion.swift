import Catalog
package import Disclosure
import Policies
import Vocabulary

/// Records that go along with others, one step away: those that a reference points to, or those that point here.
package struct IncludedRecords: Sendable {
    /// As it was asked for.
    package let name: String
    package let records: [DisclosedRecord]
    /// There are more than one answer takes.
    package let hasMore: Bool
}

/// One name of `include`, understood.
struct Inclusion: Sendable {
    enum Way: Sendable {
        /// The reference at this position of the records at hand.
        case referred(Int)
        /// The reference at this position of the other entity, which points to the records at hand.
        case children(Int)
    }

    let name: String
    let way: Way
    let target: Entity

    /// The names that one question may have.
    static let maximumNames = 8
    /// The records that go along for one name.
    static let maximumRecords = 200

    /// A reference by its name; children by the plural of theirs, with the reference behind a point where several point here.
    ///
    /// A reference that is not seen in the clear is answered as one that does not exist, on either side.
    init(_ name: String, of sight: Sight, _ catalog: CompiledCatalog) throws(Refusal) {
        self.name = name
        if let (position, field) = sight.usableField(named: name), let target = field.referenceTo.flatMap({ catalog.entity(named: $0) }) {
            (way, self.target) = (.referred(position), target)
            return
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let target = catalog.entity(plural: parts[0]) else { throw ListPlan.unknown(name) }
        let references = target.fields.indices.filter {
            target.fields[$0].referenceTo == sight.entity.name && (parts.count == 1 || target.fields[$0].name == parts[1])
        }
        guard references.count == 1 else { throw ListPlan.unknown(name) }
        (way, self.target) = (.children(references[0]), target)
    }
}
