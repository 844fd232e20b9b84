package import DataFormats
package import Vocabulary

/// What a backup holds. Signed, and put last: what it names is there by then.
package struct BackupManifest: Sendable, Equatable {
    /// One table as it was at the moment of the snapshot.
    package struct Table: Sendable, Equatable {
        package let name: String
        package let rowCount: Int
        /// The sum over the rows of a 64-bit hash of each (PostgreSQL's `hash_record_extended`), in decimal: the same rows in another order have the
        /// same.
        package let sum: String

        package init(name: String, rowCount: Int, sum: String) {
            self.name = name
            self.rowCount = rowCount
            self.sum = sum
        }
    }

    /// A tenant's audit log and keys at that moment.
    package struct Tenant: Sendable, Equatable {
        package let id: TenantID
        package let auditEpoch: Int
        package let auditSize: Int
        /// The root of the log's tree, in hexadecimal.
        package let auditRoot: String
        /// Epochs under whose keys the vault's were.
        package var keyEpochs: [Int]

        package init(id: TenantID, auditEpoch: Int, auditSize: Int, auditRoot: String, keyEpochs: [Int]) {
            self.id = id
            self.auditEpoch = auditEpoch
            self.auditSize = auditSize
            self.auditRoot = auditRoot
            self.keyEpochs = keyEpochs
        }
    }

    package enum Kind: String, Sendable {
        /// A logical snapshot of the store, by pg_dump.
        case snapshot
        /// The files of the store's cluster, by pg_basebackup; continuous backup goes on from it.
        case base
        /// The vault's latest state, by pg_dump.
        case vault
    }

    package let id: BackupID
    package let kind: Kind
    /// What an operator called it.
    package let label: String?
    package let begunAt: Instant
    package let endedAt: Instant
    package var archive: SealedArchive
    package let tables: [Table]
    package var tenants: [Tenant]
    /// SHA-256 of the names and types of all columns.
    package let schema: String
    /// SHA-256 of the catalog's files.
    package let catalog: String
    /// The newest entry of the ledger of erasures when the snapshot was taken: later ones have to be replayed.
    package let ledger: Int
    /// Who can open it: age recipients.
    package var recipients: [String]
    /// Of the server, as in `server_version_num`.
    package let server: Int
    /// For `base`: where continuous backup goes on, and the cluster.
    package var wal: WALStart?

    /// Where the write-ahead log of a base backup begins and ends.
    package struct WALStart: Sendable, Equatable {
        /// The cluster's system identifier.
        package let system: String
        package let timeline: Int
        /// The segment that recovery begins with, and the one it has to have reached: 24 hexadecimal digits.
        package let first: String
        package let last: String

        package init(system: String, timeline: Int, first: String, last: String) {
            self.system = system
            self.timeline = timeline
            self.first = first
            self.last = last
        }
    }

    package init(
        id: BackupID, kind: Kind, label: String?, begunAt: Instant, endedAt: Instant, archive: SealedArchive, tables: [Table], tenants: [Tenant],
        schema: String, catalog: String, ledger: Int, recipients: [String], server: Int, wal: WALStart? = nil
    ) {
        self.id = id
        self.kind = kind
        self.label = label
        self.begunAt = begunAt
        self.endedAt = endedAt
        self.archive = archive
        self.tables = tables
        self.tenants = tenants
        self.schema = schema
        self.catalog = catalog
        self.ledger = ledger
        self.recipients = recipients
        self.server = server
        self.wal = wal
    }

    package var rowCount: Int { tables.reduce(0) { $0 + $1.rowCount } }
}

extension BackupManifest {
    package var object: JSONObject {
        var object: JSONObject = [
            "version": .number(JSONNumber(1)), "backup": .string(id.description), "kind": .string(kind.rawValue),
            "begun_at": .string(begunAt.description), "ended_at": .string(endedAt.description), "archive": .object(archive.object),
            "tables": .array(
                tables.map { .object(["table": .string($0.name), "rows": .number(JSONNumber($0.rowCount)), "sum": .string($0.sum)]) }),
            "tenants": .array(tenants.map { .object($0.object) }), "schema": .string(schema), "catalog": .string(catalog),
            "ledger": .number(JSONNumber(ledger)), "recipients": .array(recipients.map { .string($0) }), "server": .number(JSONNumber(server)),
        ]
        if let label { object["label"] = .string(label) }
        if let wal {
            object["wal"] = .object([
                "system": .string(wal.system), "timeline": .number(JSONNumber(wal.timeline)), "first": .string(wal.first), "last": .string(wal.last),
            ])
        }
        return object
    }

    /// From what was signed; `nil` when it is of another form.
    package init?(_ object: JSONObject) {
        guard object.integer("version") == 1, let id = object["backup"]?.stringValue.flatMap({ BackupID($0) }),
            let kind = object["kind"]?.stringValue.flatMap({ Kind(rawValue: $0) }),
            let begunAt = object["begun_at"]?.stringValue.flatMap({ Instant($0) }),
            let endedAt = object["ended_at"]?.stringValue.flatMap({ Instant($0) }), let archive = SealedArchive(object["archive"]?.objectValue),
            let tables = object.objects("tables"), let tenants = object.objects("tenants"), let schema = object["schema"]?.stringValue,
            let catalog = object["catalog"]?.stringValue, let ledger = object.integer("ledger"), let server = object.integer("server"),
            let recipients = object["recipients"]?.arrayValue?.compactMap(\.stringValue)
        else { return nil }
        var wal: WALStart?
        if let object = object["wal"]?.objectValue {
            guard let system = object["system"]?.stringValue, let timeline = object.integer("timeline"), let first = object["first"]?.stringValue,
                let last = object["last"]?.stringValue
            else { return nil }
            wal = WALStart(system: system, timeline: timeline, first: first, last: last)
        }
        let readTables = tables.compactMap { object -> Table? in
            guard let name = object["table"]?.stringValue, let rows = object.integer("rows"), let sum = object["sum"]?.stringValue else { return nil }
            return Table(name: name, rowCount: rows, sum: sum)
        }
        let readTenants = tenants.compactMap { Tenant($0) }
        guard readTables.count == tables.count, readTenants.count == tenants.count else { return nil }
        self.init(
            id: id, kind: kind, label: object["label"]?.stringValue, begunAt: begunAt, endedAt: endedAt, archive: archive, tables: readTables,
            tenants: readTenants, schema: schema, catalog: catalog, ledger: ledger, recipients: recipients, server: server, wal: wal)
    }
}

extension BackupManifest.Tenant {
    var object: JSONObject {
        [
            "tenant": .string(id.description), "audit_epoch": .number(JSONNumber(auditEpoch)), "audit_size": .number(JSONNumber(auditSize)),
            "audit_root": .string(auditRoot), "key_epochs": .array(keyEpochs.map { .number(JSONNumber($0)) }),
        ]
    }

    init?(_ object: JSONObject) {
        guard let id = object["tenant"]?.stringValue.flatMap({ UUIDv7($0) }), let auditEpoch = object.integer("audit_epoch"),
            let auditSize = object.integer("audit_size"), let auditRoot = object["audit_root"]?.stringValue,
            let epochs = object["key_epochs"]?.arrayValue
        else { return nil }
        let keyEpochs = epochs.compactMap { value -> Int? in
            guard case .number(let number) = value else { return nil }
            return number.integer.flatMap { Int(exactly: $0) }
        }
        guard keyEpochs.count == epochs.count else { return nil }
        self.init(
            id: TenantID(id), auditEpoch: auditEpoch, auditSize: auditSize, auditRoot: auditRoot, keyEpochs: keyEpochs)
    }
}
