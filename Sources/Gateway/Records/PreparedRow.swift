import Catalog
import Identity
import KeyRing
import Policies
import PostgresLink
import Sealing
import Storage
import Vocabulary

/// A row ready to be written, with everything that has to be written around it.
struct PreparedRow: Sendable {
    let row: RecordRow
    /// Names of the fields that get another value.
    let changedFields: Set<FieldName>
    var newKey: (subject: SubjectID, key: DataKey, wrapped: WrappedDataKey)?
    /// The key that seals the row's fields.
    let key: DataKey
    /// To be in the vault before the row is in the store: a token too many is a false hit, one too few a lost record.
    var addedTokens: [SearchToken] = []
    /// To leave the vault after the row is in the store.
    var removedTokens: [SearchToken] = []
    var histories: [(entity: Entity, row: RecordRow)] = []
}

extension RecordGateway {
    /// Seals new records. References are looked up for all of them at once.
    func prepareNew(_ drafts: [RecordDraft], _ entity: Entity, _ context: RequestContext) async throws(Refusal) -> [PreparedRow] {
        let tenantKeys = try await tenantKeys(context)
        let owners = try await subjects(of: drafts.map { draft in { draft.values[$0] ?? nil } }, entity, context)
        let known = try await keys(for: Array(Set(owners.compactMap { $0 })), withTenantKey: true, context)
        var prepared: [PreparedRow] = []
        prepared.reserveCapacity(drafts.count)
        for (draft, owner) in zip(drafts, owners) {
            let id = RecordID.make()
            let subject = entity.subject == .itself ? SubjectID(id.uuid) : owner
            var newKey: (subject: SubjectID, key: DataKey, wrapped: WrappedDataKey)?
            if entity.subject == .itself, let subject {
                do {
                    let made = try await keyRing.makeKey(for: subject, tenant: context.tenant)
                    newKey = (subject, made.key, made.wrapped)
                } catch {
                    throw Self.refusal(error)
                }
            }
            try Self.refuseLost(subject, known)
            guard let key = newKey?.key ?? known.key(for: subject) else { throw Self.erased }
            prepared.append(try prepareNew(draft, entity, id, subject, key, newKey, tenantKeys, context))
        }
        return prepared
    }

    func prepareNew(
        _ draft: RecordDraft, _ entity: Entity, _ id: RecordID, _ subject: SubjectID?, _ key: DataKey,
        _ newKey: (subject: SubjectID, key: DataKey, wrapped: WrappedDataKey)?, _ tenantKeys: TenantKeys, _ context: RequestContext
    ) throws(Refusal) -> PreparedRow {
        let now = Instant.now()
        var values: [FieldValue?] = entity.fields.indices.map { draft.values[$0] ?? nil }
        for name in ["created_at", "updated_at"] { if let position = entity.position(of: name) { values[position] = .timestamp(now) } }
        try RecordDraft.checkMoney(values, entity)
        var place = CellPlace(tenant: context.tenant, entity: entity.name, record: id)
        let cells = entity.fields.indices.map { position in
            let field = entity.fields[position]
            return field.isSealed ? Cell.sealed(Self.seal(values[position], field, key, &place)) : .plain(values[position])
        }
        var prepared = PreparedRow(
            row: RecordRow(id: id, version: 1, subject: subject, cells: cells),
            changedFields: Set(draft.values.keys.map { FieldName(entity.fields[$0]) }), newKey: newKey, key: key
        )
        for (position, field) in entity.fields.enumerated() {
            guard let value = values[position] else { continue }
            prepared.addedTokens += tokens(of: value, entity, field, id, subject, tenantKeys)
            if let history = history(entity, field, id, from: nil, to: value, now, context) { prepared.histories.append(history) }
        }
        return prepared
    }

    /// The change that a draft makes to a record; `nil` when it makes none.
    ///
    /// - Parameters:
    ///   - key: the key that the record is sealed under now.
    ///   - owner: whom the record is about afterwards, and that person's key.
    func prepareChange(
        _ draft: RecordDraft, to stored: StoredRecord, _ entity: Entity, key: DataKey?, owner: (subject: SubjectID?, key: DataKey?),
        _ tenantKeys: TenantKeys, _ context: RequestContext
    ) throws(Refusal) -> PreparedRow? {
        guard let newKey = owner.key else { throw Self.erased }
        let now = Instant.now()
        let isMoved = owner.subject != stored.subject
        var opening = Opening(stored, entity, tenant: context.tenant, key: key)
        var place = CellPlace(tenant: context.tenant, entity: entity.name, record: stored.id)
        var cells: [Cell] = []
        var plain: [FieldValue?] = []
        var prepared = (changed: Set<FieldName>(), added: [SearchToken](), removed: [SearchToken](), histories: [(entity: Entity, row: RecordRow)]())
        for (position, field) in entity.fields.enumerated() {
            let wanted: FieldValue?? = field.name == "updated_at" ? .some(.timestamp(now)) : draft.values[position]
            let needsOld = wanted != nil || (isMoved && field.isSealed)
            let old: Opening.Content = needsOld ? opening.content(position) : .value(nil)
            if isMoved, field.isSealed, wanted == nil, old == .unreadable { throw Self.erased }
            let new: FieldValue?
            if let wanted { new = wanted } else if case .value(let value) = old { new = value } else { new = nil }
            let isChanged = wanted != nil && old != .value(new)
            plain.append(field.isSealed ? nil : (wanted != nil ? new : stored.plainValue(position)))
            if !field.isSealed {
                cells.append(.plain(plain[position]))
            } else if isChanged || (isMoved && needsOld) {
                cells.append(.sealed(Self.seal(new, field, newKey, &place)))
            } else {
                cells.append(.sealed(stored.sealedBytes(position)))
            }
            let before: FieldValue? = if case .value(let value) = old { value } else { nil }
            if field.isSearchable, isChanged || isMoved {
                // Under the holder that the record comes to have: tokens go with the key of whom they are about.
                let needed = new.map { tokens(of: $0, entity, field, stored.id, owner.subject, tenantKeys) } ?? []
                let known = Set(before.map { tokens(of: $0, entity, field, stored.id, owner.subject, tenantKeys) } ?? [])
                prepared.added += isMoved ? needed : needed.filter { !known.contains($0) }
                prepared.removed += known.subtracting(needed)
            }
            guard isChanged, field.name != "updated_at" else { continue }
            prepared.changed.insert(FieldName(field))
            if let history = history(entity, field, stored.id, from: before, to: new, now, context) { prepared.histories.append(history) }
        }
        if prepared.changed.isEmpty { return nil }
        try RecordDraft.checkMoney(plain, entity)
        return PreparedRow(
            row: RecordRow(id: stored.id, version: stored.version + 1, subject: owner.subject, cells: cells),
            changedFields: prepared.changed, newKey: nil, key: newKey, addedTokens: prepared.added, removedTokens: prepared.removed,
            histories: prepared.histories
        )
    }

    static var erased: Refusal {
        Refusal(.subjectErased, "the person this record is about was erased", hint: "nothing can be written about somebody erased")
    }

    /// Somebody whose key is gone without having been destroyed was not erased, and nobody is told so.
    static func refuseLost(_ subject: SubjectID?, _ keys: RecordKeys) throws(Refusal) {
        guard let subject, keys.lost.contains(subject) else { return }
        throw Refusal(
            .subjectKeyMissing, "the key of the person this record is about is missing", hint: "the operator finds the reason in the log"
        )
    }

    private static func seal(_ value: FieldValue?, _ field: Field, _ key: DataKey, _ place: inout CellPlace) -> [UInt8]? {
        guard let value else { return nil }
        var plaintext = value.plaintext
        defer { wipe(&plaintext) }
        return plaintext.withUnsafeBytes { key.seal($0, field: field.nameBytes, at: &place) }
    }

    /// Whom records are about, in the order of the drafts; `nil` for nobody.
    ///
    /// - Parameter values: for each record a look at its value by position.
    func subjects(
        of values: [(Int) -> FieldValue?], _ entity: Entity, _ context: RequestContext
    ) async throws(Refusal) -> [SubjectID?] {
        guard case .via(let relations) = entity.subject else { return values.map { _ in nil } }
        var references: [(entity: String, id: RecordID)?] = []
        for value in values {
            references.append(
                relations.lazy.compactMap { name -> (entity: String, id: RecordID)? in
                    guard let position = entity.position(of: name), let target = entity.fields[position].referenceTo,
                        case .reference(let id)? = value(position)
                    else { return nil }
                    return (target, id)
                }.first
            )
        }
        var found: [String: [RecordID: SubjectID]] = [:]
        for target in Set(references.compactMap { $0?.entity }) {
            guard let targetEntity = catalog.entity(named: target) else { continue }
            let ids = Set(references.compactMap { $0?.entity == target ? $0?.id : nil })
            let rows = try await read(context, [table(targetEntity).subjects(of: Array(ids), tenant: context.tenant)])[0]
            for row in 0..<rows.rowCount {
                if let id = rows.uuid(row, 0), let subject = rows.uuid(row, 1) { found[target, default: [:]][RecordID(id)] = SubjectID(subject) }
            }
        }
        return references.map { reference in reference.flatMap { found[$0.entity]?[$0.id] } }
    }

    /// The row that the history entity of a field gets, if the field has one.
    private func history(
        _ entity: Entity, _ field: Field, _ id: RecordID, from: FieldValue?, to: FieldValue?, _ now: Instant, _ context: RequestContext
    ) -> (entity: Entity, row: RecordRow)? {
        guard let history = catalog.history(of: field.name, in: entity.name) else { return nil }
        let cells = history.fields.map { column -> Cell in
            switch column.name {
            case "from_value": .plain(from.map { .text(String(decoding: $0.plaintext, as: UTF8.self)) })
            case "to_value": .plain(to.map { .text(String(decoding: $0.plaintext, as: UTF8.self)) })
            case "changed_by": .plain(.text(context.principal.actor))
            case "created_at", "updated_at": .plain(.timestamp(now))
            default: .plain(column.referenceTo == entity.name ? .reference(id) : nil)
            }
        }
        return (history, RecordRow(id: .make(), version: 1, subject: nil, cells: cells))
    }

    // MARK: The vault around a change

    /// Keys and tokens have to be durable before the rows that need them are.
    func secure(_ prepared: [PreparedRow], _ context: RequestContext) async throws(Refusal) {
        let outcome: VaultOutcome
        let moment = keyRing.moment
        do {
            outcome = try await vault.add(prepared.compactMap(\.newKey?.wrapped), prepared.flatMap(\.addedTokens), of: context.tenant)
        } catch {
            throw Self.refusal(.vault(error))
        }
        switch outcome {
        case .written: break
        case .epochEnded: throw Refusal(.busy, "the keys of the tenant were just replaced", hint: "try again")
        case .destroyed: throw Self.erased
        }
        for row in prepared { if let new = row.newKey { keyRing.keep(new.key, of: new.subject, tenant: context.tenant, since: moment) } }
    }

    /// Takes tokens to where their records are now: those of values that are gone leave, those of a record that did not come to be
    /// about somebody else after all get their holder back. A token that stays behind is a hint to a value that is not there,
    /// which opening finds out; one that is missing loses a person. So this looks at the records again, under the lock that every
    /// writer of tokens holds, and leaves what they need now. Failing loses nothing.
    func tidy(_ tokens: [SearchToken], _ entity: Entity, _ context: RequestContext) async {
        if tokens.isEmpty { return }
        let table = table(entity)
        let shape = RecordShape(entity) { entity.fields[$0].isSearchable }
        let ids = Array(Set(tokens.map(\.record)))
        _ = try? await store.transaction(Scope(tenant: context.tenant), wrap: { self.refusal($0) }) {
            (transaction: Transaction) async throws(Refusal) in
            let rows: ResultSet
            do throws(LinkError) {
                rows = try await transaction.execute(table.select(ids, shape, tenant: context.tenant, forUpdate: true))[0]
            } catch {
                throw refusal(StorageError(error))
            }
            let records = table.records(rows, shape)
            let keys = try await keys(for: records, context)
            let tenantKeys = try await tenantKeys(context)
            var needed: [SearchToken.Identity: SearchToken] = [:]
            for record in records {
                for token in searchTokens(
                    of: record, entity, key: keys.key(for: record), tenantKeys: tenantKeys, generations: tenantKeys.searchGenerations
                ) {
                    needed[token.identity] = token
                }
            }
            let gone = tokens.filter { needed[$0.identity] == nil }
            let misplaced = tokens.compactMap { token in needed[token.identity].flatMap { $0 == token ? nil : $0 } }
            do throws(StorageError) {
                _ = try await vault.add([], misplaced, of: context.tenant)
                if !gone.isEmpty { try await vault.write(context.tenant, [VaultDatabase.removeTokens(gone, of: context.tenant)]) }
            } catch {
                throw refusal(error)
            }
        }
    }

    /// Removes tokens of new records that were not written after all: nobody else can have a token of such an id.
    func tidyUnwritten(_ prepared: [PreparedRow], _ context: RequestContext) async {
        let tokens = prepared.flatMap(\.addedTokens)
        if tokens.isEmpty { return }
        _ = try? await vault.write(context.tenant, [VaultDatabase.removeTokens(tokens, of: context.tenant)])
    }
}
