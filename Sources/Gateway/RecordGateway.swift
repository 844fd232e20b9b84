package import AuditTrail
package import Catalog
import Disclosure
import Expressions
package import Identity
import KeyProviders
package import KeyRing
package import Policies
import PostgresLink
import Sealing
package import Storage
import Synchronization
package import Vocabulary

/// The sentences of the product: read, list, create, amend, remove, import, issue, look into the trail.
///
/// Each goes the same way: decide, fetch, record, disclose. Failures are ``Refusal`` values; a denial is recorded, too.
package final class RecordGateway: Sendable {
    package let catalog: CompiledCatalog
    let store: StoreDatabase
    let vault: VaultDatabase
    let keyRing: SubjectKeyRing
    let audit: AuditRecorder
    package let sequencer: Sequencer
    let observe: Observer
    let pepper: SymmetricKey
    let tagKey: SymmetricKey
    let cursorKey: SymmetricKey
    /// Makes the codes of links that are sent to people.
    let linkKey: SymmetricKey
    package let rights: RightsSettings
    private let tables: [String: RecordTable]
    private let views = FieldViews()
    private let rules: Mutex<CompiledPolicies>
    let searchIndex = SearchIndex()
    let people = PeopleSeen()
    let liftedLimits = LiftedLimits()
    let honeyMarks = HoneyMarks()
    /// Callers who touched a trap, on their way to being stopped.
    let thieves: AsyncStream<HoneyThief>.Continuation
    let caught: AsyncStream<HoneyThief>

    /// - Throws: when the gateway's own keys cannot be had from the vault.
    package init(
        catalog: CompiledCatalog, policies: CompiledPolicies, store: StoreDatabase, vault: VaultDatabase, keyRing: SubjectKeyRing,
        audit: AuditRecorder, sequencer: Sequencer, rights: RightsSettings, observe: @escaping Observer
    ) async throws(KeyRingError) {
        self.catalog = catalog
        rules = Mutex(policies)
        self.store = store
        self.vault = vault
        self.keyRing = keyRing
        self.audit = audit
        self.sequencer = sequencer
        self.rights = rights
        self.observe = observe
        pepper = try await keyRing.systemKey("gatehouse/v1/api-key")
        tagKey = try await keyRing.systemKey("gatehouse/v1/entity-tag")
        cursorKey = try await keyRing.systemKey("gatehouse/v1/cursor")
        linkKey = try await keyRing.systemKey("gatehouse/v1/link")
        (caught, thieves) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
        tables = Dictionary(uniqueKeysWithValues: catalog.entities.map { ($0.name, RecordTable($0)) })
    }

    /// Reads credentials and users of this gateway's store.
    ///
    /// - Parameter tokens: for the issuers that are trusted, if there are any.
    package func authenticator(tokens: TokenVerifier? = nil) -> Authenticator {
        let unknown = UnknownKeys()
        return Authenticator(
            pepper: pepper, tokens: tokens,
            lookups: .init(
                credential: { [store] id in
                    if unknown.contains(id) { return nil }
                    let record = try await store.credential(id)
                    if record == nil { unknown.insert(id) }
                    return record
                }, certificate: { [store] digest in try await store.credential(ofCertificate: digest) },
                user: { [store] user, tenant in try await store.user(user, tenant) },
                tenant: { [store] name in try await store.tenant(named: name) }))
    }

    // MARK: Decide

    func table(_ entity: Entity) -> RecordTable {
        guard let table = tables[entity.name] else { preconditionFailure("every entity of the catalog has a table") }
        return table
    }

    /// The policies in force. A request takes them once, into its context, and keeps to them.
    package var policies: CompiledPolicies { rules.withLock { $0 } }

    /// What a caller comes for who does not say: its credential knows, or its role.
    package func usualPurpose(of principal: Principal) -> String? { principal.defaultPurpose ?? policies.purpose(of: principal.roles) }

    /// Puts other policies in force, from the next request on. They have to be compiled against the same catalog.
    package func replacePolicies(_ policies: CompiledPolicies) {
        rules.withLock { $0 = policies }
    }

    /// What the caller may do with the records of an entity; nothing is refused or recorded yet.
    ///
    /// - Parameter standing: which records it is about; unless said otherwise only deleted ones are restored, any may be destroyed, and all else is
    ///   done to those that are not deleted.
    func sight(_ action: Action, _ entity: Entity, _ context: RequestContext, _ standing: RecordStanding? = nil) -> Sight {
        var ruling = context.policies.decide(context.access, action, on: entity.name)
        for rule in ruling.failed { observe(.conditionFailed(rule: rule)) }
        if action == .read { ruling = limited(ruling, asHistory: entity, context) }
        return Sight(entity, ruling.standing((standing ?? action.standing).condition), views)
    }

    /// The history of a record is part of it: whoever may not know of the record may not know of its history.
    private func limited(_ ruling: Ruling, asHistory entity: Entity, _ context: RequestContext) -> Ruling {
        guard ruling.isAllowed, let origin = entity.historyOf?.entity, let reference = entity.fields.first(where: { $0.referenceTo == origin })
        else { return ruling }
        let source = context.policies.decide(context.access, .read, on: origin).standing(RecordStanding.present.condition)
        let related = RowCondition.related(reference.column, to: origin, source.filter)
        return source.limitsRecords ? ruling.limited(to: related) : ruling.standing(related)
    }

    /// What the caller may do with the records of an entity, or a recorded denial.
    func decide(_ action: Action, _ entity: Entity, _ context: RequestContext, record: RecordID? = nil) async throws(Refusal) -> Sight {
        let sight = sight(action, entity, context)
        guard sight.ruling.isAllowed else { throw await deny(sight.ruling, context, record: record) }
        return sight
    }

    /// Records a denial and answers with it, and with what was missing, if it was not the role.
    func deny(_ ruling: Ruling, _ context: RequestContext, record: RecordID? = nil) async -> Refusal {
        let refusal = await deny(ruling.widest, context, record: record)
        guard refusal.code == .denied, let (rule, obligation) = ruling.missing(for: context.access) else { return refusal }
        let hint = "POST /v1/grants with {\"rule\": \"\(rule.name)\"} and a Reason, then send the Grant header"
        return switch obligation {
        case .reason: .reasonRequired
        case .stepUp: .stepUpRequired(of: context.principal)
        case .secondPerson: Refusal(.approvalRequired, "this needs somebody else's approval (rule \(rule.name))", hint: hint)
        case .breakGlass:
            Refusal(.denied, refusal.detail, hint: "in an emergency, rule \(rule.name) opens it, to be reviewed afterwards: \(hint)")
        }
    }

    /// Records a denial and answers with it; when it cannot be recorded, that is the answer.
    func deny(_ decision: Decision, _ context: RequestContext, record: RecordID? = nil) async -> Refusal {
        // A key that was revoked meanwhile gets no denial of its own, nor a line in its owner's name.
        do throws(Refusal) { try await confirmLiveness(context) } catch { return error }
        var event = event(decision, context, outcome: .refused)
        if let record { event.records = [record] }
        do throws(Refusal) { _ = try await self.record(event, context) } catch { return error }
        if !decision.isAllowed, !context.principal.admits(decision.action.rawValue, on: decision.resource) {
            var refusal = Refusal(
                .scopeInsufficient, "this credential is not for that", hint: "one with the scope \(decision.resource):\(decision.action.rawValue) is")
            refusal.scope = "\(decision.resource):\(decision.action.rawValue)"
            return refusal
        }
        let roles = context.principal.roles
        if let purpose = context.purpose, !roles.isEmpty, context.policies.roles(roles, for: purpose.name).isEmpty {
            return Refusal(.denied, "your roles do not come for the purpose \(purpose.name)", hint: "send another Purpose, or none")
        }
        return Refusal(
            .denied, "your roles do not allow to \(decision.action.rawValue) this (rule \(decision.rule))",
            hint: "ask an administrator which role you need"
        )
    }

    // MARK: Record

    func event(_ decision: Decision, _ context: RequestContext, outcome: AuditEvent.Outcome) -> AuditEvent {
        var event = AuditEvent(
            context.principal, decision, concernsPeople: catalog.entity(named: decision.resource)?.subject != .nobody, purpose: context.purpose,
            reason: context.reason, request: context.requestID, outcome: outcome
        )
        event.grant = context.grant?.id
        return event
    }

    /// Writes an event. One that tells of a disclosure is a receipt for it only if its people are within what the caller may see.
    func record(_ event: AuditEvent, _ context: RequestContext) async throws(Refusal) -> AuditReceipt {
        try await countPeople(in: event, context)
        let (event, trap) = marked(event, try await marks(of: context.tenant))
        do {
            let receipt = try await audit.record(event)
            context.tell(receipt.event)
            if let trap { raiseAlarm(trap, isChange: event.outcome == .changed, context) }
            return receipt
        } catch {
            throw .auditUnavailable
        }
    }

    /// Records what tells of nobody. It goes on when nothing can be recorded: an operator has to be able to see why.
    func note(_ event: AuditEvent, _ context: RequestContext) async { _ = try? await record(event, context) }

    // MARK: Fetch

    func read(_ context: RequestContext, _ statements: [SQL]) async throws(Refusal) -> [ResultSet] {
        do { return try await store.read(Scope(context.principal), statements) } catch { throw refusal(ofReading: error) }
    }

    /// Why something could not be read. Nothing has changed then, whatever became of the statement.
    func refusal(ofReading error: StorageError) -> Refusal {
        guard case .link(let link) = error else { return refusal(error) }
        return switch link.code {
        case .timedOut: Refusal(.busy, "the store took too long", hint: "ask for less at once, or try again in a moment")
        case .connectionLost, .cancelled: Refusal(.storeUnavailable, "the connection to the store broke", hint: "try again in a moment")
        default: refusal(error)
        }
    }

    /// Runs a change with its event in one transaction.
    func change<Value: Sendable>(
        _ context: RequestContext, _ body: (Transaction) async throws(Refusal) -> (value: Value, event: AuditEvent)
    ) async throws(Refusal) -> (value: Value, receipt: AuditReceipt) {
        try await change(context) { (transaction: Transaction) async throws(Refusal) -> (value: Value, events: [AuditEvent]) in
            let (value, event) = try await body(transaction)
            return (value: value, events: [event])
        } showing: { (value: Value, _: AuditReceipt) in
            value
        }
    }

    /// Runs a change with its events, and with the answer to a call that may be sent again, in one transaction.
    ///
    /// - Parameter showing: what the caller gets; made before the commit, since it may have to be kept, and answered after it.
    func change<Value: Sendable, Shown: Sendable>(
        _ context: RequestContext, _ body: (Transaction) async throws(Refusal) -> (value: Value, events: [AuditEvent]),
        showing: (Value, AuditReceipt) -> Shown
    ) async throws(Refusal) -> (value: Shown, receipt: AuditReceipt) {
        let (catalog, deadline) = (catalog, ContinuousClock.now + keyRing.settings.changeDeadline)
        // Before the transaction begins: it may be the last connection there is.
        let marks = try await marks(of: context.tenant)
        try await meetCaller(context)
        var trap: HoneyMark?
        var overrun: PeopleOverrun?
        let changed: (value: Shown, receipt: AuditReceipt)
        do throws(Refusal) {
            changed = try await audit.change(Scope(context.principal), wrap: { Self.refusal($0, catalog) }) {
                (transaction: Transaction) async throws(Refusal) -> (value: Value, events: [AuditEvent]) in
                if let call = context.call { try await claim(call, transaction, context) }
                let outcome = try await body(transaction)
                // The keys that this was sealed with may have been replaced meanwhile, and rotations count on nobody using them for longer.
                guard ContinuousClock.now < deadline else { throw Refusal(.busy, "the change took too long and was taken back", hint: "try again") }
                for event in outcome.events {
                    overrun = try self.overrun(by: event, context)
                    if overrun != nil { throw Refusal(.budgetExhausted, "too many people were seen") }
                }
                let events = outcome.events.map { marked($0, marks) }
                trap = events.lazy.compactMap(\.trap).first
                return (value: outcome.value, events: events.map(\.event))
            } closing: { (value: Value, events: [AuditEvent], receipt: AuditReceipt, transaction: Transaction) throws(Refusal) -> Shown in
                let shown = showing(value, receipt)
                if let step = context.step { transaction.enqueue(step.mark) }
                if let call = context.call, !call.isKept, let event = events.first,
                    let row = call.row(shown, (event.id, event.action, event.entity), .now())
                {
                    transaction.enqueue(StoreDatabase.keep(row, tenant: context.tenant))
                    call.wasKept()
                }
                return shown
            }
        } catch {
            throw if let overrun { try await refused(overrun, context) } else { error }
        }
        context.tell(changed.receipt.event)
        if let trap { raiseAlarm(trap, isChange: true, context) }
        return changed
    }

    func refusal(_ error: StorageError) -> Refusal { Self.refusal(error, catalog) }

    static func refusal(_ error: StorageError, _ catalog: CompiledCatalog) -> Refusal {
        switch error {
        case .credentialOutdated:
            var refusal = Refusal(.credentialInvalid, "the credential is not valid")
            refusal.isCredentialOutdated = true
            return refusal
        case .taken(let constraint):
            let name = StoreSchema.field(ofConstraint: constraint, in: catalog)?.field.name ?? "a field"
            return Refusal(
                .valueTaken, "another record has this value already",
                members: [.init(name, Refusal.Code.valueTaken.rawValue, "\(name) has to be different in every record")]
            )
        case .referenceUnknown(let constraint):
            let name = StoreSchema.field(ofConstraint: constraint, in: catalog)?.field.name ?? "a reference"
            return Refusal(
                .referenceUnknown, "a reference points to no record",
                members: [.init(name, Refusal.Code.referenceUnknown.rawValue, "\(name) points to no record")]
            )
        case .unrecorded: return .auditUnavailable
        case .link(let error):
            switch error.code {
            case .queueFull: return Refusal(.busy, "the gateway has too much to do", hint: "try again in a moment")
            case .refused where error.isRetryable: return Refusal(.busy, "another change came in between", hint: "try again")
            case .refused where error.isOutage: return Refusal(.storeUnavailable, "the store takes no changes", hint: "try again in a moment")
            case .refused, .misuse: return Refusal(.internalError, "the store refused a statement")
            case .timedOut, .connectionLost, .cancelled:
                return Refusal(
                    .outcomeUnknown, "the connection to the store broke before it answered", hint: "read the record before trying again"
                )
            case .restoring: return .restoring
            case .unavailable, .closed: return Refusal(.storeUnavailable, "the store cannot be reached", hint: "try again in a moment")
            }
        }
    }

    /// A unique violation names its field only to whoever could have searched for the value.
    func veiled(_ refusal: Refusal, _ reading: Sight) -> Refusal {
        guard refusal.code == .valueTaken else { return refusal }
        let isKnown = refusal.members.allSatisfy { reading.usableField(named: String($0.pointer.dropFirst(2))) != nil }
        return isKnown ? refusal : Refusal(.valueTaken, "the record cannot be stored beside those that are there")
    }

    static func refusal(_ error: KeyRingError) -> Refusal {
        switch error {
        case .vault(let error) where error.isRestoring: .restoring
        case .vault: Refusal(.vaultUnavailable, "the vault cannot be reached", hint: "try again in a moment")
        case .provider(let error) where error.code == .unavailable:
            Refusal(.vaultUnavailable, "the key provider cannot be reached", hint: "try again in a moment")
        case .exhausted: Refusal(.busy, "the gateway has too many keys in use", hint: "try again in a moment")
        case .unreadable, .provider, .otherProvider, .escrow:
            Refusal(.internalError, "the keys of the tenant cannot be opened", hint: "the operator finds the reason with 'gatehouse status'")
        }
    }

    // MARK: Keys

    func tenantKeys(_ context: RequestContext) async throws(Refusal) -> TenantKeys {
        do { return try await keyRing.keys(of: context.tenant) } catch { throw Self.refusal(error) }
    }

    /// The keys that the sealed fields of these records need; a subject that is missing in the answer was erased.
    func keys(for records: [StoredRecord], _ context: RequestContext) async throws(Refusal) -> RecordKeys {
        try await keys(for: records, tenant: context.tenant)
    }

    func keys(for records: [StoredRecord], tenant: TenantID) async throws(Refusal) -> RecordKeys {
        var subjects: [SubjectID] = []
        var needsTenantKey = false
        for record in records {
            if let subject = record.subject { subjects.append(subject) } else { needsTenantKey = true }
        }
        return try await keys(for: subjects, withTenantKey: needsTenantKey, tenant)
    }

    func keys(for subjects: [SubjectID], withTenantKey: Bool, _ context: RequestContext) async throws(Refusal) -> RecordKeys {
        try await keys(for: subjects, withTenantKey: withTenantKey, context.tenant)
    }

    func keys(for subjects: [SubjectID], withTenantKey: Bool, _ tenant: TenantID) async throws(Refusal) -> RecordKeys {
        do {
            let (known, lost) = subjects.isEmpty ? ([:], []) : try await keyRing.keys(of: subjects, tenant: tenant)
            if !lost.isEmpty { observe(.dataKeysMissing(count: lost.count)) }
            return RecordKeys(
                subjects: known, tenant: withTenantKey ? try await keyRing.keys(of: tenant).dataKey : nil, lost: lost
            )
        } catch {
            throw Self.refusal(error)
        }
    }
}

/// Opened keys for a handful of records.
struct RecordKeys: Sendable {
    let subjects: [SubjectID: DataKey]
    let tenant: DataKey?
    /// Their keys are gone, and nobody has destroyed them.
    let lost: Set<SubjectID>

    func key(for record: StoredRecord) -> DataKey? { key(for: record.subject) }
    func key(for subject: SubjectID?) -> DataKey? { subject.map { subjects[$0] } ?? tenant }
    /// Whether a record's key was destroyed on purpose: its fields are erased, and not in error.
    func isErased(_ record: StoredRecord) -> Bool { record.subject.map { subjects[$0] == nil && !lost.contains($0) } ?? false }
    var pseudonyms: [Pseudonym] { subjects.values.map(\.pseudonym) }
}

extension Action {
    /// Which records it is done to.
    fileprivate var standing: RecordStanding {
        switch self {
        case .read, .create, .update, .delete, .import, .convert, .merge: .present
        case .restore: .deleted
        case .destroy: .any
        }
    }
}

/// Ids of keys that were asked for and do not exist: a second wrong try with one takes no longer than with one that does, whose record is kept, too.
/// Ids are random, so that no key is ever made with one of them.
private final class UnknownKeys: Sendable {
    private static let maximum = 10_000
    private let ids = Mutex<Set<String>>([])

    func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }

    func insert(_ id: String) {
        ids.withLock { ids in
            if ids.count >= Self.maximum { ids.removeAll() }
            ids.insert(id)
        }
    }
}
