import Catalog
import Expressions
import KeyRing
import Sealing
import Storage
import Vocabulary

/// What a list asks of sealed fields, where its own statement can answer it: the records that the vault hints at, of which those
/// stay that are opened to one of the values.
struct Narrowing: Sendable {
    /// In the order of their ids.
    let records: [RecordID]
    /// For each field the forms of the values that are asked for.
    let forms: [(position: Int, forms: Set<[UInt8]>)]
    /// What else the list asks for.
    let rest: RowCondition

    var positions: [Int] { forms.map(\.position) }

    func holds(_ opening: inout Opening) -> Bool {
        forms.allSatisfy { position, forms in
            guard case .value(let value?) = opening.content(position) else { return false }
            return forms.contains(opening.entity.fields[position].searchForm(of: value))
        }
    }
}

extension RecordGateway {
    /// Looks up in the vault what a condition demands of sealed fields, so that the statement of the list fetches the hits itself;
    /// `nil` when the condition demands nothing of the kind, or when there are more hits than a page has.
    ///
    /// Only what stands in the condition with "and" can be taken out of it: under "or" and "not" a false hit would have to be
    /// known before the statement runs, as ``resolved(_:_:_:)`` does it.
    func narrowing(_ condition: RowCondition, limit: Int, _ sight: Sight, _ context: RequestContext) async throws(Refusal) -> Narrowing? {
        let parts = if case .all(let parts) = condition { parts } else { [condition] }
        var demanded: [(position: Int, forms: [[UInt8]])] = []
        var rest: [RowCondition] = []
        for part in parts {
            if let (position, forms) = Self.demand(part, sight.entity) { demanded.append((position, forms)) } else { rest.append(part) }
        }
        if demanded.isEmpty { return nil }
        guard let generation = try await tenantKeys(context).searchGenerations.first else { return nil }
        var common: Set<RecordID>?
        for (position, forms) in demanded where common?.isEmpty != true {
            let key = searchIndex.key(sight.entity, sight.entity.fields[position], .exact, generation, context.tenant)
            let found: [[UInt8]: [RecordID]]
            do {
                found = forms.isEmpty ? [:] : try await vault.records(tokens: Array(Set(forms.map { key.token(of: $0) })), tenant: context.tenant)
            } catch {
                throw Self.refusal(.vault(error))
            }
            let hits = Set(found.values.joined())
            common = common?.intersection(hits) ?? hits
        }
        guard let common, common.count <= limit else { return nil }
        return Narrowing(
            records: common.sorted(), forms: demanded.map { ($0.position, Set($0.forms)) }, rest: RowCondition.conjunction(rest)
        )
    }

    /// A sealed field and the forms of the values of which it has to have one.
    private static func demand(_ part: RowCondition, _ entity: Entity) -> (position: Int, forms: [[UInt8]])? {
        guard case .sealed(let column, let values, orNull: false) = part, let position = entity.position(of: column.name) else { return nil }
        return (position, forms(of: values, entity.fields[position]))
    }

    /// The forms of values as conditions have them; a value that the field cannot have has none.
    static func forms(of values: [Value], _ field: Field) -> [[UInt8]] {
        values.compactMap { value in
            guard case .string(let text) = value, let value = try? field.read(text: text) else { return nil }
            return field.searchForm(of: value)
        }
    }
}
