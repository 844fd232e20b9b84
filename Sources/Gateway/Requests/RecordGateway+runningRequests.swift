import AuditTrail
import Catalog
package import DataFormats
import Expressions
import Identity
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

/// A correction of one record: what a merge patch of it would say (GDPR Art. 16).
package struct Correction: Sendable {
    package let entity: String
    package let record: RecordID
    package let values: JSONObject

    package init(entity: String, record: RecordID, values: JSONObject) {
        self.entity = entity
        self.record = record
        self.values = values
    }
}

extension RecordGateway {
    /// Carries a request out. Doing it again after a crash goes on where it stopped; a request is fulfilled once.
    package func runRequest(
        _ id: UUIDv7, corrections: [Correction] = [], ifVersion: Int64? = nil, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        let decision = try await decide(.update, .request, context)
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let row = StoreDatabase.requests(rows).first else { throw Self.noRequest }
        let before = try file(row)
        switch before.kind {
        case .restriction, .objection, .optOut, .limit: return try await settleStanding(before, decision, ifVersion, context)
        case .rectification: return try await rectify(before, corrections, decision, ifVersion, context)
        case .access, .portability:
            throw Refusal(
                .requestState,
                "a request for \(before.kind.rawValue) is answered by an export, which asks for whom to seal (\(before.terms.article))",
                hint: "gatehouse request export \(before.id)")
        case .erasure: return try await erase(before, decision, ifVersion, context)
        }
    }

    // MARK: What people allow

    /// Holds from the next read on: the planner asks the store with each.
    private func settleStanding(
        _ before: RequestFile, _ decision: Decision, _ ifVersion: Int64?, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        _ = try await decide(.update, .subject, context)
        let keys = try await keys(for: before.subjects, withTenantKey: false, context)
        let actor = context.principal.actor
        return try await changing(before.id, .run, ifVersion, context) { (file: inout RequestFile, transaction: Transaction) async throws(Refusal) in
            try file.take(.begun(by: actor), by: actor, at: context.time)
            for subject in file.subjects {
                for statement in standing(file, subject, context) { transaction.enqueue(statement) }
            }
            if let kind = Self.notice(file.kind), !file.subjects.isEmpty {
                try await enqueueNotices(kind, for: file.id, about: file.subjects, transaction, context)
            }
            try file.take(.fulfilled, by: actor, at: context.time)
            var event = requestEvent(decision, file.id, "run", context)
            event.subjects = keys.pseudonyms
            return event
        }
    }

    private func standing(_ file: RequestFile, _ subject: SubjectID, _ context: RequestContext) -> [SQL] {
        let (actor, now, tenant) = (context.principal.actor, context.time, context.tenant)
        if file.kind == .optOut || file.kind == .limit {
            let kind: OptOutRow.Kind = file.kind == .optOut ? .sale : .sensitive
            return [StoreDatabase.record(OptOutRow(kind: kind, since: now, source: .request, recordedBy: actor), of: subject, tenant: tenant)]
        }
        if file.kind == .restriction {
            let restriction = RestrictionRow(since: now, ground: "asked for by the person (\(file.terms.article))", recordedBy: actor)
            return [StoreDatabase.restrict(restriction, of: subject, tenant: tenant)]
        }
        let all = catalog.purposes.values.filter(\.canBeObjectedTo).map(\.name).sorted()
        return (file.row.purposes.isEmpty ? all : file.row.purposes).map { purpose in
            StoreDatabase.record(ObjectionRow(purpose: purpose, since: now, recordedBy: actor), of: subject, tenant: tenant)
        }
    }

    /// What recipients have to be told of (GDPR Art. 19; 11 CCR 7026(f)). Erasures tell them themselves.
    private static func notice(_ kind: RequestKind) -> NoticeKind? {
        switch kind {
        case .restriction: .restriction
        case .optOut: .optOut
        case .rectification, .erasure, .access, .portability, .objection, .limit: nil
        }
    }

    // MARK: Rectification

    private func rectify(
        _ before: RequestFile, _ corrections: [Correction], _ decision: Decision, _ ifVersion: Int64?, _ context: RequestContext
    ) async throws(Refusal) -> RequestFile {
        guard !corrections.isEmpty else {
            throw Refusal(
                .valueInvalid, "a rectification needs what is to be corrected (\(before.terms.article))",
                members: [.init("corrections", "value-required", "corrections has to have a value")])
        }
        let entities = try await entities(of: corrections, about: before.subjects, context)
        let actor = context.principal.actor
        let begun = try await changing(before.id, .run, ifVersion, context) { (file: inout RequestFile, _: Transaction) throws(Refusal) in
            try file.take(.begun(by: actor), by: actor, at: context.time)
            return requestEvent(decision, file.id, "begin", context)
        }
        // The same way as a change by anybody: the policies are asked, and the trail tells of each record. What was corrected already is no change.
        let correcting = context.because("request \(before.id)")
        for (correction, entity) in zip(corrections, entities) {
            _ = try await amend(entity, correction.record, correction.values, ifMatch: nil, correcting)
        }
        return try await changing(begun.id, .run, nil, context) { (file: inout RequestFile, transaction: Transaction) async throws(Refusal) in
            try file.take(.fulfilled, by: actor, at: context.time)
            try await enqueueNotices(.rectification, for: file.id, about: file.subjects, transaction, context)
            return requestEvent(decision, file.id, "run", context)
        }
    }

    /// Records that are to be corrected have to be about the people of the request.
    private func entities(
        of corrections: [Correction], about subjects: [SubjectID], _ context: RequestContext
    ) async throws(Refusal) -> [Entity] {
        var entities: [Entity] = []
        for (number, correction) in corrections.enumerated() {
            guard let entity = catalog.entity(named: correction.entity), entity.subject != .nobody else {
                throw Refusal(
                    .valueInvalid, "a member of the body is wrong",
                    members: [.init("corrections/\(number)/entity", "choice-unknown", "there are no such records about people")])
            }
            let rows = try await read(context, [table(entity).subjects(of: [correction.record], tenant: context.tenant)])[0]
            guard rows.rowCount == 1, let subject = rows.uuid(0, 1), subjects.contains(SubjectID(subject)) else {
                throw Refusal(
                    .referenceUnknown, "the record is not about whoever asked (GDPR Art. 16)",
                    members: [.init("corrections/\(number)/record", "reference-unknown", "the record is not about whoever asked")])
            }
            entities.append(entity)
        }
        return entities
    }

    // MARK: Parts

    /// A change of a request with more than its row in the transaction.
    func changing(
        _ id: UUIDv7, _ step: RequestStep, _ ifVersion: Int64?, _ context: RequestContext,
        _ body: (inout RequestFile, Transaction) async throws(Refusal) -> AuditEvent
    ) async throws(Refusal) -> RequestFile {
        do throws(Refusal) {
            return try await change(context) { (transaction: Transaction) async throws(Refusal) in
                var file = try await lockedRequest(id, transaction, context)
                if let ifVersion, ifVersion != file.row.version { throw Self.changedMeanwhile }
                let event = try await body(&file, transaction)
                try await write(file, transaction, context)
                return (file, event)
            }.value
        } catch {
            if error.code == .denied { try await recordOwn(id, step, context) }
            throw error
        }
    }
}
