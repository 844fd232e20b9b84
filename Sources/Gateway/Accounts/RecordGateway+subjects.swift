import AuditTrail
import Catalog
import Identity
import Sealing
import Policies
import PostgresLink
package import Storage
package import Vocabulary

extension RecordGateway {
    /// Consents, restriction, objections and opt-outs of a person.
    package func standing(of id: SubjectID, _ context: RequestContext) async throws(Refusal) -> DisclosedStanding {
        let decision = try await decide(.read, .subject, context)
        let keys = try await keys(ofPeople: [id], context)
        let standing = SubjectStanding(try await read(context, StoreDatabase.standing(of: id, tenant: context.tenant)))
        var event = event(decision, context, outcome: .disclosed)
        event.subjects = keys.pseudonyms
        _ = try await record(event, context)
        return DisclosedStanding(standing: standing, evidence: evidence(of: standing.consents, keys, context.tenant))
    }

    /// Restricts the processing of a person's data (GDPR Art. 18), or lifts the restriction.
    ///
    /// - Parameter ground: why, for instance the contested accuracy; `nil` lifts.
    package func setRestriction(_ id: SubjectID, _ ground: String?, _ context: RequestContext) async throws(Refusal) {
        let statement: SQL
        if let ground {
            let restriction = RestrictionRow(since: context.access.time, ground: ground, recordedBy: context.principal.actor)
            statement = StoreDatabase.restrict(restriction, of: id, tenant: context.tenant)
        } else {
            statement = StoreDatabase.liftRestriction(of: id, tenant: context.tenant)
        }
        try await changeSubjects([id], target: .restriction(isSet: ground != nil), context, [statement])
    }

    /// Records that a person objects to a purpose (GDPR Art. 21), or no longer does.
    package func setObjection(_ id: SubjectID, to name: String, stands: Bool, _ context: RequestContext) async throws(Refusal) {
        let purpose = try purpose(name)
        guard purpose.canBeObjectedTo || !stands else {
            throw Refusal(
                .valueInvalid, "purpose \(name) rests on \(purpose.basis.rawValue), which an objection does not end",
                hint: "GDPR Art. 21 is about legitimate interests, public tasks and direct marketing"
            )
        }
        let statement =
            stands
            ? StoreDatabase.record(
                ObjectionRow(purpose: name, since: context.access.time, recordedBy: context.principal.actor), of: id, tenant: context.tenant
            )
            : StoreDatabase.removeObjection(to: name, of: id, tenant: context.tenant)
        try await changeSubjects([id], target: .objection(purpose, stands: stands), context, [statement])
    }

    // MARK: Parts

    func purpose(_ name: String) throws(Refusal) -> Purpose {
        guard let purpose = catalog.purposes[name] else {
            throw Refusal(
                .purposeUnknown, "there is no such purpose", hint: Spelling.hint(for: name, among: catalog.purposes.keys.sorted())
            )
        }
        return purpose
    }

    func changeSubjects(
        _ ids: [SubjectID], target: AuditTarget, _ context: RequestContext, _ statements: [SQL]
    ) async throws(Refusal) {
        let decision = try await decide(.update, .subject, context)
        let pseudonyms = try await keys(ofPeople: ids, context).pseudonyms
        _ = try await change(context) { (transaction: Transaction) async throws(Refusal) in
            for statement in statements { transaction.enqueue(statement) }
            var event = event(decision, context, outcome: .changed)
            event.subjects = pseudonyms
            event.target = target
            return ((), event)
        }
    }
}

/// What is known of what a person allows, with the evidence of consents opened.
package struct DisclosedStanding: Sendable {
    package let standing: SubjectStanding
    /// By the id of the event.
    package let evidence: [UUIDv7: String]
}
