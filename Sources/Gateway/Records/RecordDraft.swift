import Catalog
import DataFormats
import Policies
import Vocabulary

/// What a caller wants a record to say, checked against the catalog and the decision.
package struct RecordDraft: Sendable {
    /// Values by the position of their field; a `nil` value empties the field.
    private(set) var values: [Int: FieldValue?] = [:]
    /// What the caller wrote, without the catalog's defaults.
    private(set) var written: Set<Int> = []

    /// A body is not told more than this many things that are wrong with it.
    private static let maximumProblems = 50

    /// Reads the members of a body.
    ///
    /// An unknown member is refused, so is one that the caller may not write: nothing is dropped silently.
    static func read(_ body: JSONObject, _ entity: Entity, _ decision: Decision, isNew: Bool) throws(Refusal) -> RecordDraft {
        var draft = RecordDraft()
        var problems: [Refusal.Member] = []
        var forbidden: [Refusal.Member] = []
        var unknown = false
        for member in body.members {
            if problems.count + forbidden.count >= maximumProblems { break }
            guard let position = entity.position(of: member.name) else {
                unknown = true
                problems.append(.init(member.name, Refusal.Code.memberUnknown.rawValue, "there is no such member"))
                continue
            }
            let field = entity.fields[position]
            guard decision.writable[position] else {
                let why = field.isSystem ? "the gateway writes \(field.name) itself" : "your roles do not allow to write \(field.name)"
                forbidden.append(.init(member.name, Refusal.Code.fieldNotWritable.rawValue, why))
                continue
            }
            draft.written.insert(position)
            do throws(ValueProblem) { draft.values[position] = .some(try field.read(member.value)) } catch {
                problems.append(.init(member.name, error.code.rawValue, error.detail))
            }
        }
        if isNew {
            for (position, field) in entity.fields.enumerated() where draft.values[position] == nil && body[field.name] == nil {
                if let defaultValue = field.defaultValue {
                    draft.values[position] = defaultValue
                } else if field.isRequired {
                    problems.append(.init(field.name, ValueProblem.Code.required.rawValue, "\(field.name) has to have a value"))
                }
            }
        }
        if !forbidden.isEmpty {
            throw Refusal(.fieldNotWritable, "members are not yours to write", hint: "leave them out", members: forbidden)
        }
        if !problems.isEmpty {
            let code: Refusal.Code =
                unknown && problems.allSatisfy { $0.code == Refusal.Code.memberUnknown.rawValue } ? .memberUnknown : .valueInvalid
            throw Refusal(
                code, problems.count == 1 ? "a member of the body is wrong" : "\(problems.count) members of the body are wrong", members: problems)
        }
        return draft
    }

    /// Money without a currency says nothing.
    static func checkMoney(_ values: [FieldValue?], _ entity: Entity) throws(Refusal) {
        for (position, field) in entity.fields.enumerated() where field.type == .money && values[position] != nil {
            guard let name = field.currencyField, let currency = entity.position(of: name), values[currency] == nil else { continue }
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init(name, ValueProblem.Code.required.rawValue, "\(field.name) needs \(name)")]
            )
        }
    }

    mutating func write(_ value: FieldValue?, at position: Int) {
        values[position] = .some(value)
        written.insert(position)
    }

    mutating func set(_ value: FieldValue?, at position: Int) { values[position] = .some(value) }
    mutating func drop(_ position: Int) { values[position] = nil }
}
