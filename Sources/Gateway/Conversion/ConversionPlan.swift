import Catalog
package import Disclosure
import Policies
import Storage
package import Vocabulary

/// What becomes of one target of a conversion, decided before the transaction.
struct ConversionPlan {
    enum Kind {
        case make(RecordDraft, creating: Sight)
        case link(RecordID)
        case none
    }

    let target: Conversion.Target
    let entity: Entity
    let kind: Kind
    /// What the caller may read of such records.
    let reading: Sight
    /// For each field that is carried over, whether the caller might have written the value: into the record that is converted, and into the new one.
    let isOwnWriting: [String: (source: Bool, target: Bool)]

    var isMade: Bool { if case .make = kind { true } else { false } }

    /// Whether a mapped value is carried over unless the caller says something else.
    ///
    /// Never into a field that shows the caller more than the record's own does; and not where the caller may write the source and not the
    /// target, which would make the conversion a way to write it. What is left behind stays in the record that is converted. None of this looks
    /// at the value, so that what is left behind says nothing about it.
    func carries(_ pair: (to: String, from: String), seen source: FieldView, of origin: Entity) -> Bool {
        guard let to = entity.position(of: pair.to), let from = origin.position(of: pair.from) else { return false }
        let shown = reading.ruling.isAllowed ? reading.widest.decision.access[to] : .hidden
        guard shown.isNoWider(than: source.decision.access[from]) else { return false }
        let writing = isOwnWriting[pair.to] ?? (true, false)
        return writing.target || !writing.source
    }
}

/// A record that a conversion made, as it came back from the store.
struct MadeRecord {
    let entity: Entity
    let stored: StoredRecord
    let view: FieldView
    let prepared: PreparedRow
}

/// What a conversion came to, still sealed.
struct ConversionOutcome {
    let source: (stored: StoredRecord, view: FieldView)
    let made: [MadeRecord]
    /// By entity: records that were there already.
    let linked: [String: RecordID]
    /// By entity: fields that were not carried over.
    let left: [String: [String]]
    let keys: RecordKeys
}

/// What a record became, as the caller may see it.
package struct ConvertedRecords: Sendable {
    package enum Part: Sendable {
        case made(DisclosedRecord)
        case linked(RecordID)
        case none
    }

    package let source: DisclosedRecord
    package let parts: [(entity: String, part: Part, left: [String])]
}
