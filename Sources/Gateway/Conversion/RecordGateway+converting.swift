import AuditTrail
package import Catalog
package import DataFormats
import Disclosure
import Policies
import PostgresLink
import Storage
package import Vocabulary

extension RecordGateway {
    /// Turns a record into what the catalog says it becomes, all of it in one transaction and told in one event.
    ///
    /// - Parameters:
    ///   - body: what the caller wants of it, by entity; see ``ConversionOrder``.
    ///   - ifMatch: entity tags of which one has to be the record's; `nil` stands for `*`.
    ///   - isDryRun: does it, shows what came of it, and takes it back.
    package func convert(
        _ entity: Entity, _ id: RecordID, _ body: JSONObject, ifMatch: [String]?, isDryRun: Bool, _ context: RequestContext
    ) async throws(Refusal) -> ConvertedRecords {
        guard let conversion = entity.conversion else { throw Refusal(.routeUnknown, "there is no such resource") }
        let converting = try await decide(.convert, entity, context, record: id)
        let order = try ConversionOrder.read(body, conversion)
        let doors = Doors(changing: converting, reading: sight(.read, entity, context))
        var plans: [ConversionPlan] = []
        for (target, part) in order.parts { plans.append(try await plan(part, target, entity, context)) }
        let work = ConversionWork(
            gateway: self, entity: entity, conversion: conversion, id: id, doors: doors, plans: plans, ifMatch: ifMatch, isDryRun: isDryRun,
            context: context, progress: .init())
        let (outcome, receipt): (ConversionOutcome, AuditReceipt)
        do throws(Refusal) {
            if isDryRun {
                let (found, event) = try await takenBack(context) { (transaction: Transaction) async throws(Refusal) in
                    try await work.carryOut(transaction)
                }
                (outcome, receipt) = (found, try await record(preview(event, found), context))
            } else {
                (outcome, receipt) = try await change(context) { (transaction: Transaction) async throws(Refusal) in
                    let (outcome, event) = try await work.carryOut(transaction)
                    return (outcome, event)
                }
                if !work.progress.keptOut.isEmpty { await tidyMade(work.progress.prepared, context) }
                await countKeptOut(work.progress.keptOut, context)
            }
        } catch {
            if error.code != .outcomeUnknown { await tidyMade(work.progress.prepared, context) }
            if error.code == .notFound { throw await missed(converting.ruling.widest, id, context) }
            let told = work.progress.reading.map { veiled(error, $0) } ?? error
            throw await recorded(told, work.progress.ruling ?? converting.ruling, record: id, context)
        }
        if !isDryRun, !work.progress.joined.isEmpty { await settleMerges(of: work.progress.joined, context) }
        return disclosed(outcome, plans, entity, receipt, context)
    }

    /// Runs something in a transaction that leaves nothing behind.
    func takenBack<Value>(
        _ context: RequestContext, _ body: (Transaction) async throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        var found: Value?
        do throws(Refusal) {
            try await store.transaction(Scope(context.principal), wrap: { self.refusal($0) }) {
                (transaction: Transaction) async throws(Refusal) -> Void in
                let value = try await body(transaction)
                // Whatever waits is carried out, so that what it would have met is met.
                do throws(LinkError) { try await transaction.flush() } catch { throw refusal(StorageError(error)) }
                found = value
                throw Refusal(.internalError, "what was tried is taken back")
            }
        } catch {
            if let found { return found }
            throw error
        }
        throw Refusal(.internalError, "what was tried was not taken back")
    }

    // MARK: Parts

    /// Removes tokens of records that a conversion did not make after all. Those of a person stay, to go with the person: another conversion of
    /// the same record may be under way, which makes a record of the same id with the same tokens.
    private func tidyMade(_ prepared: [PreparedRow], _ context: RequestContext) async {
        await tidyUnwritten(prepared.filter { $0.row.subject?.uuid != $0.row.id.uuid }, context)
    }

    private func plan(
        _ part: ConversionOrder.Part, _ target: Conversion.Target, _ source: Entity, _ context: RequestContext
    ) async throws(Refusal) -> ConversionPlan {
        guard let entity = catalog.entity(named: target.entity) else { throw Refusal(.internalError, "a conversion makes no entity") }
        var writing: [String: (source: Bool, target: Bool)] = [:]
        let kind: ConversionPlan.Kind
        switch part {
        case .none: kind = .none
        case .link(let id):
            // Whoever links a person says that two people are one, which takes the right to merge them.
            _ = try await decide(.read, entity, context, record: id)
            if entity.subject == .itself {
                _ = try await decide(.merge, entity, context, record: id)
                _ = try await writable(.update, entity, context, record: id)
            }
            kind = .link(id)
        case .make(let body):
            let creating = try await writable(.create, entity, context)
            let ownCreate = sight(.create, source, context).ruling.widest
            let ownUpdate = sight(.update, source, context).ruling.widest
            for pair in target.fields {
                guard let to = entity.position(of: pair.to), let from = source.position(of: pair.from) else { continue }
                writing[pair.to] = (ownCreate.writable[from] || ownUpdate.writable[from], creating.ruling.widest.writable[to])
            }
            let draft: RecordDraft
            do throws(Refusal) { draft = try await self.draft(body, entity, creating.ruling.widest, isNew: false, context) } catch {
                throw error.below(entity.name)
            }
            kind = .make(draft, creating: creating)
        }
        return ConversionPlan(
            target: target, entity: entity, kind: kind, reading: sight(.read, entity, context), isOwnWriting: writing)
    }

    /// The event of a preview: what it shows is what counts as disclosed.
    private func preview(_ event: AuditEvent, _ outcome: ConversionOutcome) -> AuditEvent {
        var event = event
        var (clear, masked) = outcome.source.view.names(of: outcome.source.view.shown)
        for record in outcome.made {
            let names = record.view.names(of: record.view.shown)
            clear.formUnion(names.clear)
            masked.formUnion(names.masked)
        }
        event.outcome = .disclosed
        event.clearFields = clear
        event.maskedFields = masked.subtracting(clear)
        return event
    }

    private func disclosed(
        _ outcome: ConversionOutcome, _ plans: [ConversionPlan], _ entity: Entity, _ receipt: AuditReceipt, _ context: RequestContext
    ) -> ConvertedRecords {
        func disclosed(_ stored: StoredRecord, _ view: FieldView) -> DisclosedRecord {
            disclose(stored, view, view.shown, outcome.keys, receipt, context)
        }
        let parts = plans.map { plan -> (entity: String, part: ConvertedRecords.Part, left: [String]) in
            let name = plan.entity.name
            if let made = outcome.made.first(where: { $0.entity === plan.entity }) {
                return (name, .made(disclosed(made.stored, made.view)), outcome.left[name] ?? [])
            }
            return (name, outcome.linked[name].map { .linked($0) } ?? .none, [])
        }
        return ConvertedRecords(source: disclosed(outcome.source.stored, outcome.source.view), parts: parts)
    }
}
