import Catalog
import Disclosure
import Expressions
import Policies
import Storage

/// What a ruling lets be done with the records of one entity: which of them, and how each is shown.
struct Sight: Sendable {
    let entity: Entity
    let ruling: Ruling
    /// The most that any record shows.
    let widest: FieldView
    private let views: FieldViews

    init(_ entity: Entity, _ ruling: Ruling, _ views: FieldViews) {
        self.entity = entity
        self.ruling = ruling
        self.views = views
        widest = views.view(entity, ruling.widest)
    }

    /// A field that the caller may filter, sort, group, search and match by: seen in the clear of some record. `nil` for every
    /// other name, whether the field is masked, hidden or does not exist: the caller cannot tell these apart.
    func usableField(named name: String) -> (position: Int, field: Field)? {
        guard let (position, field) = widest.usableField(named: name), ruling.isUsable(position) else { return nil }
        return (position, field)
    }

    /// How a fetched record is shown; its shape has to have asked the ruling's questions, from this one on.
    func view(_ stored: StoredRecord, from first: Int = 0) -> FieldView {
        if ruling.questions.isEmpty { return widest }
        return views.view(entity, ruling.decision(stored.answers(from: first, count: ruling.questions.count)))
    }

    /// The same for those records only for which something else holds, too.
    func limited(to condition: RowCondition) -> Sight { Sight(entity, ruling.limited(to: condition), views) }

    var excluded: FieldView { views.view(entity, ruling.excluded) }
}

/// A record that is about to be changed, or was just: what the caller may do to it, and what it may see of it. Both are asked of the
/// database in one go, in the statement that locks or writes the row.
struct Doors: Sendable {
    private let changing: Sight
    private let reading: Sight
    /// In their order: may it be changed, how; may it be seen, how.
    let questions: [RowCondition]

    init(changing: Sight, reading: Sight) {
        self.changing = changing
        self.reading = reading
        questions = [changing.ruling.filter] + changing.ruling.questions + [reading.ruling.filter] + reading.ruling.questions
    }

    /// What may be changed of the record; `nil` when nothing may.
    func decision(_ stored: StoredRecord) -> Decision? {
        guard stored.answer(0) else { return nil }
        return changing.ruling.decision(stored.answers(from: 1, count: changing.ruling.questions.count))
    }

    /// What may be seen of the record. Nothing but its id when the caller may not read it, or no longer.
    func view(_ stored: StoredRecord) -> FieldView {
        let first = 1 + changing.ruling.questions.count
        guard reading.ruling.isAllowed, stored.answer(first) else { return reading.excluded }
        return reading.view(stored, from: first + 1)
    }

    /// Whether the caller may know of the record: whoever may read none, but change some, knows of those.
    func isKnown(_ stored: StoredRecord) -> Bool {
        guard reading.ruling.isAllowed else { return stored.answer(0) }
        return stored.answer(1 + changing.ruling.questions.count)
    }
}
