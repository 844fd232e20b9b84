import AuditTrail
import Catalog
import Policies
import PostgresLink
import Storage
import SubjectRights
package import Vocabulary

extension RecordGateway {
    /// What erasing people would do, without doing any of it.
    package func planErasure(of subjects: [SubjectID], _ context: RequestContext) async throws(Refusal) -> ErasurePlan {
        let decision = try await decide(.read, .request, context)
        // With every id that they have had.
        let subjects = try await mergedPeople(subjects, context).ids
        let plan = try await erasurePlan(of: subjects, context)
        let keys = try await keys(for: subjects, withTenantKey: false, context)
        var event = event(decision, context, outcome: .disclosed)
        event.subjects = keys.pseudonyms
        event.target = .report("erasure-plan")
        _ = try await record(event, context)
        return plan
    }

    /// The same for the people of a request.
    package func planErasure(ofRequest id: UUIDv7, _ context: RequestContext) async throws(Refusal) -> ErasurePlan {
        _ = try await decide(.read, .request, context)
        let rows = try await read(context, [StoreDatabase.request(id, tenant: context.tenant)])[0]
        guard let request = StoreDatabase.requests(rows).first else { throw Refusal(.notFound, "there is no such request") }
        guard !request.subjects.isEmpty else {
            throw Refusal(
                .requestState, "there is nobody to plan for: who asks has not been shown yet (GDPR Art. 12(6)), or has been erased",
                hint: "gatehouse request show \(id)")
        }
        return try await planErasure(of: request.subjects, context)
    }

    /// - Throws: `not-found` for somebody of whom there has never been anything.
    func erasurePlan(of subjects: [SubjectID], _ context: RequestContext) async throws(Refusal) -> ErasurePlan {
        let tenant = context.tenant
        let people = ErasedPeople(subjects, tenant: tenant, at: context.time)
        let reach = Reach(catalog)
        let keys = try await keys(for: subjects, withTenantKey: false, context)
        let erasedBefore = subjects.filter { keys.subjects[$0] == nil && !keys.lost.contains($0) }
        let links = reach.entities.flatMap { entity in reach.links(to: entity).map { (link: $0, target: entity) } }
        let counts = try await read(
            context,
            reach.entities.map { table($0).plan(people) } + links.map { table($0.link.entity).countLinks($0.link, to: table($0.target), people) })
        let held = try await store.transaction(Scope(tenant: tenant), wrap: { self.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) -> [SubjectID: [LegalHold]] in try await self.held(subjects, transaction, context)
        }
        let tokens = try await inVault { () async throws(StorageError) in
            try await vault.tokenCount(of: subjects.map(\.uuid), tenant: tenant)
        }
        let shares = zip(reach.entities, counts).compactMap { Self.share($0, $1) }
        if !keys.lost.isEmpty, shares.isEmpty { throw Refusal(.notFound, "there is no such data subject") }
        var cut: [String: Int] = [:]
        for ((link, _), rows) in zip(links, counts.dropFirst(reach.entities.count)) {
            let count = Int(rows.int64(0, 0) ?? 0)
            if count > 0 { cut["\(link.entity.name).\(link.field.name)", default: 0] += count }
        }
        return ErasurePlan(
            subjects: subjects, erasedBefore: erasedBefore, held: held, shares: shares, cut: cut, searchTokens: tokens,
            recipients: recipients(of: shares.map(\.entity)))
    }

    /// From the answer to `plan` of the entity's table; `nil` when there are no records.
    static func share(_ entity: Entity, _ rows: ResultSet) -> ErasurePlan.Share? {
        let (total, deleted) = (Int(rows.int64(0, 0) ?? 0), Int(rows.int64(0, 1) ?? 0))
        guard total > 0 else { return nil }
        let isBlank = entity.erasure.action == .blank
        var kept = entity.floors.enumerated().compactMap { index, rule -> ErasurePlan.Kept? in
            let count = Int(rows.int64(0, 2 + 2 * index) ?? 0)
            guard count > 0 else { return nil }
            return ErasurePlan.Kept(
                entity: entity.name, rule: rule.name, basis: rule.basis, count: count, until: rows.timestamp(0, 3 + 2 * index))
        }
        if isBlank {
            kept.append(ErasurePlan.Kept(entity: entity.name, rule: nil, basis: entity.erasure.basis, count: total, until: nil))
        }
        return ErasurePlan.Share(entity: entity.name, label: entity.label, total: total, deleted: isBlank ? 0 : deleted, kept: kept)
    }

    /// To whom records of these entities are disclosed, by the purposes they are kept for.
    func recipients(of entities: [String]) -> [Recipient] {
        let purposes = Set(
            entities.compactMap { catalog.entity(named: $0) }.flatMap { entity in entity.purposes + entity.fields.flatMap(\.purposes) })
        return rights.processing.recipients.filter { !purposes.isDisjoint(with: $0.purposes) }
    }
}
