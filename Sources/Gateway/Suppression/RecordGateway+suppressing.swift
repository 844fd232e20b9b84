import AuditTrail
import Catalog
import KeyRing
import Policies
package import Storage
package import Vocabulary

extension RecordGateway {
    /// What the people of an erasure are known by, from the records that are them, which are about to go.
    func suppressionTokens(
        of subjects: [SubjectID], _ keys: RecordKeys, _ context: RequestContext
    ) async throws(Refusal) -> [SubjectID: [[UInt8]]] {
        let index = SuppressionIndex(try await tenantKeys(context))
        let ids = subjects.map { RecordID($0.uuid) }
        var tokens: [SubjectID: [[UInt8]]] = [:]
        for entity in Reach(catalog).people {
            let shape = RecordShape(entity) { SuppressionIndex.place(entity.fields[$0], entity) != nil }
            let rows = try await read(context, [table(entity).select(ids, shape, tenant: context.tenant)])[0]
            for record in table(entity).records(rows, shape) {
                var opening = Opening(record, entity, tenant: context.tenant, key: keys.key(for: record))
                var values: [Int: FieldValue] = [:]
                for position in entity.fields.indices {
                    if case .value(let value?) = opening.content(position) { values[position] = value }
                }
                // A lead and the contact that it became are one person, and have one id.
                tokens[SubjectID(record.id.uuid), default: []] += index.tokens(of: entity) { values[$0] }
            }
        }
        return tokens
    }

    /// Which of new records would bring somebody back who asked to be forgotten, by their index, with what gives them away.
    func suppressed(_ drafts: [RecordDraft], _ entity: Entity, _ context: RequestContext) async throws(Refusal) -> [Int: [[UInt8]]] {
        guard entity.subject == .itself, !drafts.isEmpty else { return [:] }
        let index = SuppressionIndex(try await tenantKeys(context))
        let tokens = drafts.map { draft in index.decisiveTokens(of: entity) { draft.values[$0] ?? nil } }
        let all = Array(Set(tokens.joined()))
        let known = try await inVault { () async throws(StorageError) in try await vault.suppressed(all, tenant: context.tenant) }
        if known.isEmpty { return [:] }
        var found: [Int: [[UInt8]]] = [:]
        for (position, tokens) in tokens.enumerated() {
            let hits = tokens.filter { known.contains($0) }
            if !hits.isEmpty { found[position] = hits }
        }
        return found
    }

    /// Counts, for the officer's list, that somebody was kept out. Failing loses a number.
    func countKeptOut(_ tokens: [[UInt8]], _ context: RequestContext) async {
        if !tokens.isEmpty { try? await vault.countKeptOut(tokens, tenant: context.tenant) }
    }

    // MARK: The way back

    /// Lets somebody come back who was erased at their request: they came again by their own will.
    ///
    /// - Parameters:
    ///   - email, phone: what the person gives now; either, or both.
    ///   - request: or the request by which they went.
    /// - Returns: the requests whose suppression ended; none tells that nobody was kept out by this.
    package func liftSuppression(
        email: Personal<String>?, phone: Personal<String>?, request: UUIDv7?, _ context: RequestContext
    ) async throws(Refusal) -> [UUIDv7] {
        let decision = try await decide(.update, .request, context)
        guard context.reason != nil else { throw .reasonRequired }
        let index = SuppressionIndex(try await tenantKeys(context))
        var tokens: [[UInt8]] = []
        for (type, text) in [(FieldType.email, email), (.phone, phone)] {
            guard let text else { continue }
            let field = Reach(catalog).people.lazy.flatMap(\.fields).first { $0.type == type }
            guard let field, let value = try? field.read(text: text.value) else {
                throw Refusal(.valueInvalid, "this is no \(type == .email ? "e-mail address" : "telephone number")")
            }
            tokens.append(index.token(of: value, field, type == .email ? "email" : "phone"))
        }
        // On record before it is done.
        var event = event(decision, context, outcome: .changed)
        event.target = .suppressionLifted
        _ = try await record(event, context)
        return try await inVault { () async throws(StorageError) in
            if let request {
                return try await vault.liftSuppression(ofErasure: request, tenant: context.tenant) > 0 ? [request] : []
            }
            return try await vault.liftSuppression(tokens, tenant: context.tenant)
        }
    }

    /// Who is kept out, by the requests they went by, and how often somebody would have brought them back.
    package func suppressions(_ context: RequestContext) async throws(Refusal) -> [SuppressionCount] {
        let decision = try await decide(.read, .request, context)
        let counts = try await inVault { () async throws(StorageError) in try await vault.suppressions(of: context.tenant) }
        var event = event(decision, context, outcome: .disclosed)
        event.target = .report("suppression")
        event.count = counts.count
        _ = try await record(event, context)
        return counts
    }
}
