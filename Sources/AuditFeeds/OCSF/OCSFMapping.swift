/// What an entry says was done.
enum EntryAction: String, CaseIterable {
    case read, list, create, update, delete, restore, destroy, `import`, begin, convert, merge
}

/// What an entry says it was done to: the trail's own words, and every other word is the name of an entity.
enum EntryResource: String, CaseIterable {
    case audit, credential, subject, grant, key, log, policy
    case records

    init(entity: String) { self = EntryResource(rawValue: entity) ?? .records }
}

extension OCSFActivity {
    /// The declared activity of each action on each resource, the single place where that is decided.
    ///
    /// There is no default: a new action or resource does not compile until it has its row here. Pairs that the gateway never
    /// writes are ``unknown(_:)``.
    init(_ action: EntryAction, on resource: EntryResource) {
        self =
            switch resource {
            case .records: Self.ofRecords(action)
            case .audit, .key, .log, .policy: Self.ofSystem(action)
            case .credential: Self.ofCredentials(action)
            case .grant: Self.ofGrants(action)
            case .subject: Self.ofSubjects(action)
            }
    }

    private static func ofRecords(_ action: EntryAction) -> OCSFActivity {
        switch action {
        case .read: readRecord
        case .list: listRecords
        case .create: createRecord
        case .update: updateRecord
        case .delete, .destroy: deleteRecord
        case .restore: updateRecord
        // Rows that are new and rows that were there.
        case .import: writeRecords
        // Several records at once, some of them new, changed or gone.
        case .convert, .merge: writeRecords
        case .begin: unknown(action.rawValue)
        }
    }

    private static func ofSystem(_ action: EntryAction) -> OCSFActivity {
        switch action {
        case .read, .list: apiRead
        case .create, .import, .begin: apiCreate
        case .update, .restore: apiUpdate
        case .delete, .destroy: apiDelete
        case .convert, .merge: unknown(action.rawValue)
        }
    }

    private static func ofCredentials(_ action: EntryAction) -> OCSFActivity {
        switch action {
        case .read, .list: apiRead
        case .create, .import: createAccount
        case .update: assignPrivileges
        // A revoked key stays on record.
        case .delete: disableAccount
        case .begin, .restore, .destroy, .convert, .merge: unknown(action.rawValue)
        }
    }

    private static func ofGrants(_ action: EntryAction) -> OCSFActivity {
        switch action {
        case .read, .list: apiRead
        case .create, .import: assignPrivileges
        case .update: reviewPrivileges
        case .delete: revokePrivileges
        case .begin, .restore, .destroy, .convert, .merge: unknown(action.rawValue)
        }
    }

    private static func ofSubjects(_ action: EntryAction) -> OCSFActivity {
        switch action {
        case .read, .list: readEntity
        case .create, .import: createEntity
        case .update: updateEntity
        // Their key, and with it all that is sealed under it.
        case .delete: deleteEntity
        case .begin, .restore, .destroy, .convert, .merge: unknown(action.rawValue)
        }
    }
}
