package import Catalog
package import Storage
package import Vocabulary

/// What was acted on that is no record. Each case takes what cannot be a value of anybody.
package enum AuditTarget: Sendable {
    /// An API key, by the id that the gateway gave it.
    case credential(String)
    case grant(UUIDv7)
    case consent(Purpose, ConsentState)
    /// What a person has said, as a whole: the ledger, the record, a receipt.
    case consents
    /// A link that withdraws was sent.
    case withdrawalLink(Purpose)
    case optOut(OptOutRow.Kind, stands: Bool)
    case objection(Purpose, stands: Bool)
    case restriction(isSet: Bool)
    /// A legal hold, by its id, and what was done with it, or what it stopped.
    case hold(UUIDv7, HoldStep)
    case dataKey(isPlanned: Bool)
    case rotation(KeyJobKind)
    /// A run of retention.
    case retention(UUIDv7)
    case recovery
    /// One event of the trail, whose proof or content was asked for.
    case event(EventID)
    /// A request of a data subject, and the step that was taken in it.
    case request(UUIDv7, StaticString)
    /// A question to the trail as a whole.
    case report(StaticString)
    /// An erasure, by the id of the request or of the batch.
    case erasure(UUIDv7, ErasureStage)
    /// After a restore what had been erased was erased again: so many people are in the ledger of erasures and among the vault's tombstones.
    case erasuresReplayed
    /// A backup of the databases, by its name.
    case backup(String, BackupStep)
    /// The package that answers a request; who fetches it by a link names no request.
    case export(request: UUIDv7?, package: UUIDv7)
    /// New records that would have brought back people who were erased: taken without being kept, so many.
    case suppressed(Int)
    case suppressionLifted
    /// What a recipient is told (GDPR Art. 19).
    case notice(UUIDv7, NoticeStage)
    /// A record became others, of these entities.
    case conversion(into: [Entity], isPlanned: Bool)
    /// Records became one: how many, and how many that are about them came along.
    case merge(records: Int, moved: Int, isPlanned: Bool)
    /// A part of a tenant's log.
    case log(epoch: Int)
    /// A user of the controller's own, by the id that the gateway gave it, and what was done.
    case user(UUIDv7, UserStep)
    /// A team, by the name that was given to it.
    case team(String, TeamStep)
    /// An agent of the Data Rights Protocol, by its id in the network's directory.
    case agent(String)
    /// Somebody came to the end of how many people they may see within an hour.
    case people(PeopleLimit)
    /// An endpoint that is told of events, and what was done with it.
    case webhook(UUIDv7, WebhookStep)
    /// An import or export of many records, and what was done with it.
    case job(UUIDv7, JobStage)
    /// A mark on a record that is a trap. The record is not named: this list is not for whoever reads the trail.
    case honey(UUIDv7, HoneyStep)
    /// A limit was lifted for somebody.
    case limit(UUIDv7, LimitStep)

    var text: String {
        switch self {
        case .credential(let id): id
        case .grant(let id): id.description
        case .consent(let purpose, let state): "consent:\(purpose.name):\(state.rawValue)"
        case .consents: "consents"
        case .withdrawalLink(let purpose): "withdrawal-link:\(purpose.name)"
        case .optOut(let kind, let stands): "opt-out:\(kind.rawValue):\(stands ? "stands" : "lifted")"
        case .objection(let purpose, let stands): "objection:\(purpose.name):\(stands ? "stands" : "withdrawn")"
        case .restriction(let isSet): isSet ? "restriction:set" : "restriction:lifted"
        case .hold(let id, let step): "hold:\(step.rawValue):\(id)"
        case .dataKey(let isPlanned): isPlanned ? "key:destruction-planned" : "key:destroyed"
        case .rotation(let kind): "rotation:\(kind.rawValue)"
        case .retention(let run): "retention:\(run)"
        case .recovery: "recovery:renewed"
        case .event(let id): "event:\(id)"
        case .request(let id, let step): "request:\(id):\(step)"
        case .report(let kind): "report:\(kind)"
        case .erasure(let id, let stage): "erasure:\(id):\(stage.rawValue)"
        case .erasuresReplayed: "erasures:replayed"
        case .backup(let name, let step): "backup:\(name):\(step.rawValue)"
        case .export(let request, let package): request.map { "export:\($0):\(package)" } ?? "export:\(package)"
        case .suppressed(let count): "suppressed:\(count)"
        case .suppressionLifted: "suppression:lifted"
        case .notice(let id, let stage): "notice:\(id):\(stage.rawValue)"
        case .conversion(let entities, let isPlanned):
            "conversion:\(isPlanned ? "planned" : "done"):\(entities.map(\.name).joined(separator: ","))"
        case .merge(let records, let moved, let isPlanned): "merge:\(isPlanned ? "planned" : "done"):\(records):\(moved)"
        case .log(let epoch): "log:\(epoch)"
        case .agent(let id): "agent:\(id)"
        case .user(let id, let step): "user:\(id):\(step.rawValue)"
        case .team(let name, let step): "team:\(name):\(step.rawValue)"
        case .people(let limit): "people:\(limit.rawValue)"
        case .webhook(let id, let step): "webhook:\(step.rawValue):\(id)"
        case .job(let id, let stage): "job:\(stage.rawValue):\(id)"
        case .honey(let id, let step): "honey:\(step.rawValue):\(id)"
        case .limit(let id, let step): "limit:\(step.rawValue):\(id)"
        }
    }
}

/// What an event tells of an erasure.
package enum ErasureStage: String, Sendable, CaseIterable {
    case planned, begun, completed, certified
    /// Nobody could be erased: a legal hold stood in the way.
    case held
    /// Nobody was erased: none of them was due any more.
    case passed
}

/// What happened with a legal hold.
package enum HoldStep: String, Sendable {
    case planned, placed, shown, reviewed, released
    /// It kept something from going.
    case stopped
    /// It restricts people whose data would have gone.
    case restricted
}

/// What an event tells of a notice to a recipient.
package enum NoticeStage: String, Sendable, CaseIterable {
    case shown, delivered, acknowledged, again
}

/// What was done with a user.
package enum UserStep: String, Sendable, CaseIterable {
    case added, shown, changed, disabled, enabled, removed, granted, revoked
}

/// What was done with a team.
package enum TeamStep: String, Sendable, CaseIterable {
    case added, removed, joined, left
}

/// Of how many people somebody may see: with the key they have, and at all.
package enum PeopleLimit: String, Sendable {
    case stepUp = "step-up"
    case most
}

/// What was done with a backup.
package enum BackupStep: String, Sendable {
    case created, restored, drilled, pruned, rekeyed
}

/// What was done with an endpoint that is told of events.
package enum WebhookStep: String, Sendable {
    case created, shown, changed, rotated, deleted, tested, replayed
    /// An event is sent to it.
    case told
    /// Nothing is sent to it any more.
    case disabled
}

/// What was done with an import or export of many records.
package enum JobStage: String, Sendable {
    case opened, shown, filled, started, fetched, ended, failed, cancelled, reverting, reverted
}

/// What was done with the mark of a trap.
package enum HoneyStep: String, Sendable {
    case placed, removed
}

/// What was done with a limit of somebody.
package enum LimitStep: String, Sendable {
    case lifted, ended
    case begunAnew = "begun-anew"
}
