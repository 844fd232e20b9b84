import Catalog
import Expressions
import Policies
import Storage
import Vocabulary

/// What a caller asks of a list, as it was sent.
package struct ListQuery: Sendable {
    package var limit = 50
    package var cursor: String?
    package var fields: [String]?
    /// The field to sort by; `nil` is the order of creation.
    package var sort: String?
    package var isDescending = false
    /// Fields that have to equal a value.
    package var filters: [(name: String, value: String)] = []
    /// Words to be found, whatever searchable field they are in.
    package var search: String?
    /// A condition in CEL over the record.
    package var filter: String?
    /// Whether to tell how many records fit in all.
    package var wantsCount = false
    /// Fields to group by; the answer then has groups in the place of records.
    package var groupBy: [String] = []
    /// Fields to add up in each group.
    package var sums: [String] = []
    /// Deleted records, in the place of those that are not.
    package var wantsDeleted = false
    /// What is to go along with the records; see ``Inclusion``.
    package var include: [String] = []
    package init() {}
}

/// A query checked against what the caller may see.
///
/// Every field that it uses limits it to the records that show the field in the clear, so that which records are found, in
/// which order or in which group, never tells of a value that the caller may not read.
struct ListPlan {
    /// What records have to fit; may still speak of sealed columns.
    let condition: RowCondition
    private(set) var sort: Int?
    private(set) var groups: [Int] = []
    private(set) var sums: [Int] = []

    init(_ query: ListQuery, _ sight: Sight, _ context: RequestContext) throws(Refusal) {
        var conditions = [sight.ruling.filter]
        var used: Set<Int> = []
        for (name, text) in query.filters {
            guard let (position, field) = sight.usableField(named: name) else { throw Self.unknown(name) }
            guard field.isFilterable else {
                throw Self.unusable(
                    field, "it is sealed, and the catalog declares no exact search for it",
                    hint: field.isSearchable ? "q finds it by its words" : "it cannot be searched at all"
                )
            }
            let value: FieldValue
            do { value = try field.read(text: text) } catch { throw Refusal(.parameterInvalid, error.detail) }
            conditions.append(Self.equality(field, value))
            used.insert(position)
        }
        if let text = query.filter {
            let filter = try Self.filter(text, sight, context)
            conditions.append(filter.rows(RequestBindings(context.access, attributes: context.policies.attributes)))
            used.formUnion(filter.columns.compactMap { sight.entity.position(of: $0.name) })
        }
        if let name = query.sort {
            guard let (position, field) = sight.usableField(named: name) else { throw Self.unknown(name) }
            guard field.isSortable else {
                throw Self.unusable(
                    field, field.isSealed ? "it is sealed, and what is sealed has no order" : "it is not indexed", hint: "sort by indexed fields"
                )
            }
            sort = position
            used.insert(position)
        }
        for name in query.groupBy {
            guard let (position, field) = sight.usableField(named: name) else { throw Self.unknown(name) }
            guard field.storage == .plain else { throw Self.unusable(field, "it is sealed", hint: "group by plain fields") }
            groups.append(position)
            used.insert(position)
        }
        for name in query.sums {
            guard let (position, field) = sight.usableField(named: name), field.storage == .plain, field.type == .money || field.type == .integer
            else { throw Self.unknown(name) }
            if let currency = field.currencyField, !query.groupBy.contains(currency) {
                throw Refusal(.parameterInvalid, "amounts of different currencies do not add up", hint: "group by \(currency), too")
            }
            sums.append(position)
            used.insert(position)
        }
        for position in used.sorted() { conditions.append(sight.ruling.clearRecords(position)) }
        condition = RowCondition.conjunction(conditions)
    }

    private static func equality(_ field: Field, _ value: FieldValue) -> RowCondition {
        let column = field.column
        if field.isSealed { return .sealed(column, [value.expressionValue], orNull: false) }
        return .equal(column, value.expressionValue)
    }

    /// The filter may name the columns that the caller can use, and no others: an unknown name is answered like a hidden one.
    private static func filter(_ text: String, _ sight: Sight, _ context: RequestContext) throws(Refusal) -> Condition {
        let columns = sight.entity.columns.filter { column in
            switch column.origin {
            case .stored: column.name == "id" || sight.usableField(named: column.name) != nil
            case .restricted, .objected: false
            }
        }
        let scope = ExpressionScope(
            variables: RequestBindings.variables(attributes: context.policies.attributes),
            columns: Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }), hasBareColumns: true
        )
        do throws(ExpressionProblem) { return try Condition.compile(text, scope: scope) } catch {
            throw Refusal(.filterInvalid, "the filter at \(error.place.line):\(error.place.column): \(error.message)", hint: error.hint)
        }
    }

    /// Why a field that the caller sees in the clear cannot be used. Of no other field is anything said; see ``unknown(_:)``.
    private static func unusable(_ field: Field, _ why: String, hint: String) -> Refusal {
        Refusal(.fieldUnknown, "'\(field.name)' cannot be used here: \(why)", hint: hint)
    }

    /// The one answer for a field that is hidden, masked, or does not exist.
    static func unknown(_ name: String) -> Refusal {
        let isPrintable = name.utf8.count <= 48 && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F || ($0 >= 0x30 && $0 <= 0x39) }
        return Refusal(
            .fieldUnknown, isPrintable ? "'\(name)' cannot be used here" : "a parameter cannot be used here",
            hint: "filter by plain fields and by fields with exact search, sort by indexed fields, find words with q"
        )
    }
}
