import AuditTrail
package import Catalog
package import DataFormats
package import Disclosure
import Expressions
import Policies
import Storage
import Vocabulary

/// What whoever puts a record knows of it.
package enum PutExpectation: Sendable, Equatable {
    /// Whatever there is.
    case any
    /// There is none yet (`If-None-Match: *`).
    case new
    /// There is one (`If-Match`), and one of these tags is its; `nil` for whatever it is.
    case present([String]?)
}

/// What became of a record that was put.
package struct PutRecord: Sendable {
    package let record: DisclosedRecord
    package let isCreated: Bool
}

extension RecordGateway {
    /// Makes the record that has this id in another system, or replaces what the caller may write of it: what the body leaves out is emptied, but
    /// for members that are not the caller's to write.
    ///
    /// Records that do not show the caller their `external_id` in the clear, and deleted ones, are not found, and keep their id: putting one of
    /// them is answered like any unique value that is taken.
    package func put(
        _ entity: Entity, externalID: String, _ body: JSONObject, _ expectation: PutExpectation, _ context: RequestContext
    ) async throws(Refusal) -> PutRecord {
        let reading = try await decide(.read, entity, context)
        let place = try await noted(reading, context) { () throws(Refusal) in
            guard let (position, field) = reading.usableField(named: "external_id"), field.uniqueness == .enforced, !field.isSealed else {
                throw ListPlan.unknown("external_id")
            }
            return position
        }
        var body = body
        if let own = body["external_id"], own != .string(externalID) {
            throw Refusal(
                .valueInvalid, "a member of the body is wrong",
                members: [.init("external_id", Refusal.Code.valueInvalid.rawValue, "external_id is the one in the path, or left out")])
        }
        body["external_id"] = nil
        // Of two who put a new one at the same time the second finds what the first has made.
        for isLast in [false, true] {
            if let id = try await ids(where: place, isAnyOf: [externalID], reading, context)[externalID]?.first {
                if expectation == .new {
                    throw Refusal(.preconditionFailed, "there is such a record already", hint: "leave out If-None-Match to replace it")
                }
                context.call?.ends { ($0 as? DisclosedRecord).map { PutRecord(record: $0, isCreated: false) } ?? $0 }
                do throws(Refusal) {
                    return PutRecord(record: try await replace(entity, id, body, ifMatch: expectation.tags, context), isCreated: false)
                } catch {
                    // It went between the two looks.
                    guard error.code == .notFound, !isLast else { throw error }
                    continue
                }
            }
            if case .present = expectation {
                throw Refusal(.preconditionFailed, "there is no such record to match", hint: "leave out If-Match to make it")
            }
            var whole = body
            whole["external_id"] = .string(externalID)
            context.call?.ends { ($0 as? DisclosedRecord).map { PutRecord(record: $0, isCreated: true) } ?? $0 }
            do throws(Refusal) {
                return PutRecord(record: try await create(entity, whole, context), isCreated: true)
            } catch {
                guard error.code == .valueTaken, !isLast else { throw error }
            }
        }
        throw Refusal(.busy, "another change came in between", hint: "try again")
    }

    private func replace(
        _ entity: Entity, _ id: RecordID, _ body: JSONObject, ifMatch: [String]?, _ context: RequestContext
    ) async throws(Refusal) -> DisclosedRecord {
        let updating = try await writable(.update, entity, context, record: id)
        let draft = try await draft(body, entity, updating.ruling.widest, isNew: false, record: id, context)
        return try await amend(entity, id, updating, ifMatch: ifMatch, context) { decision throws(Refusal) in
            try draft.replacing(entity, decision)
        }
    }
}

extension PutExpectation {
    fileprivate var tags: [String]? { if case .present(let tags) = self { tags } else { nil } }
}

extension RecordDraft {
    /// Says of every member that may be written what it is to be: what was left out gets its default, or nothing.
    func replacing(_ entity: Entity, _ decision: Decision) throws(Refusal) -> RecordDraft {
        var draft = self
        var problems: [Refusal.Member] = []
        for (position, field) in entity.fields.enumerated()
        where decision.writable[position] && draft.values[position] == nil && field.name != "external_id" {
            if field.isRequired, field.defaultValue == nil {
                problems.append(.init(field.name, ValueProblem.Code.required.rawValue, "\(field.name) has to have a value"))
            }
            draft.set(field.defaultValue, at: position)
        }
        if !problems.isEmpty { throw Refusal(.valueInvalid, "the record lacks something", members: problems) }
        return draft
    }
}
