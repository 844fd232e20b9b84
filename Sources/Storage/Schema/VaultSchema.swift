import PostgresLink

/// What the database `gatehouse_vault` should look like.
enum VaultSchema {
    private static let tenant = TableDeclaration.known("tenant_id")
    private static let epoch = TableDeclaration.known("epoch")
    private static let holder = TableDeclaration.known("holder")

    static let tables: [TableDeclaration] = [
        // Wrapped under a key of the provider. A row goes when nothing is wrapped under it any more; see `closeEpoch`.
        TableDeclaration(
            name: TableDeclaration.known("epoch_key"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("epoch", "integer"),
                TableDeclaration.column("provider", "text"), TableDeclaration.column("generation", "integer"),
                TableDeclaration.column("wrapped", "bytea"), TableDeclaration.column("created_at", "timestamp with time zone"),
            ],
            primaryKey: [tenant, epoch], isSecured: true
        ),
        // Epochs whose key is gone: since when nothing is wrapped under it, and since when nobody has it.
        TableDeclaration(
            name: TableDeclaration.known("ended_epoch"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("epoch", "integer"),
                TableDeclaration.column("generation", "integer"), TableDeclaration.column("began_at", "timestamp with time zone"),
                TableDeclaration.column("unused_since", "timestamp with time zone"),
                TableDeclaration.column("destroyed_at", "timestamp with time zone", ""),
            ],
            primaryKey: [tenant, epoch], isSecured: true
        ),
        // The holder is a data subject, or the tenant itself for records that are about nobody.
        TableDeclaration(
            name: TableDeclaration.known("data_key"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("holder", "uuid"),
                TableDeclaration.column("version", "integer"), TableDeclaration.column("epoch", "integer"),
                TableDeclaration.column("wrapped", "bytea"), TableDeclaration.column("created_at", "timestamp with time zone"),
            ],
            primaryKey: [tenant, holder, TableDeclaration.known("version")], isSecured: true
        ),
        // Whose key was destroyed, and in which epoch: until that one ends, an old copy of the vault still has it. And which repository of
        // backups knows of it, so that none of its backups brings them back. Where the key alone was destroyed the records stay.
        TableDeclaration(
            name: TableDeclaration.known("key_tombstone"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("holder", "uuid"),
                TableDeclaration.column("epoch", "integer"), TableDeclaration.column("destroyed_at", "timestamp with time zone"),
                TableDeclaration.column("recorded_in", "uuid", ""), TableDeclaration.column("keeps_records", "boolean", ""),
            ],
            primaryKey: [tenant, holder], isSecured: true,
            indexes: [
                .init(
                    name: "key_tombstone__recorded__idx",
                    statement: "CREATE INDEX key_tombstone__recorded__idx ON key_tombstone (tenant_id, recorded_in)"
                )
            ]
        ),
        // Tokens are written under every key that there is, and looked up under the oldest complete one.
        TableDeclaration(
            name: TableDeclaration.known("search_key"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("generation", "integer"),
                TableDeclaration.column("epoch", "integer"), TableDeclaration.column("wrapped", "bytea"),
                TableDeclaration.column("created_at", "timestamp with time zone"),
            ],
            primaryKey: [tenant, TableDeclaration.known("generation")], isSecured: true
        ),
        TableDeclaration(
            name: TableDeclaration.known("search_token"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("token", "bytea"),
                TableDeclaration.column("record_id", "uuid"), TableDeclaration.column("holder", "uuid"),
                TableDeclaration.column("place", "text"), TableDeclaration.column("generation", "integer"),
            ],
            // The token comes first: it is what is looked up, and different in every place, since each has a key of its own.
            primaryKey: [tenant, TableDeclaration.known("token"), TableDeclaration.known("record_id"), TableDeclaration.known("place")],
            isSecured: true,
            indexes: [
                .init(
                    name: "search_token__holder__idx",
                    statement: "CREATE INDEX search_token__holder__idx ON search_token (tenant_id, holder, record_id)"
                )
            ]
        ),
        TableDeclaration(
            name: TableDeclaration.known("tenant_setting"),
            columns: [TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("suite", "integer")],
            primaryKey: [tenant], isSecured: true
        ),
        // The newest head of the audit log that may have been signed: here, where a store that was taken back cannot forget it.
        TableDeclaration(
            name: TableDeclaration.known("audit_anchor"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("epoch", "integer"),
                TableDeclaration.column("size", "bigint"), TableDeclaration.column("root", "bytea"),
            ],
            primaryKey: [tenant], isSecured: true
        ),
        // What somebody who asked to be forgotten was known by, as keyed digests: imports and other writers do not bring them back.
        TableDeclaration(
            name: TableDeclaration.known("suppression"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("token", "bytea"),
                TableDeclaration.column("erasure_id", "uuid"), TableDeclaration.column("created_at", "timestamp with time zone"),
                TableDeclaration.column("kept_out", "bigint"), TableDeclaration.column("recorded_in", "uuid", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("token"), TableDeclaration.known("erasure_id")], isSecured: true,
            indexes: [
                .init(
                    name: "suppression__recorded__idx",
                    statement: "CREATE INDEX suppression__recorded__idx ON suppression (tenant_id, recorded_in)"
                )
            ]
        ),
        // Erasures whose people came back by their own will: a restore must not keep them out again.
        TableDeclaration(
            name: TableDeclaration.known("lifted_suppression"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("erasure_id", "uuid"),
                TableDeclaration.column("lifted_at", "timestamp with time zone"), TableDeclaration.column("recorded_in", "uuid", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("erasure_id")], isSecured: true
        ),
        TableDeclaration(
            name: TableDeclaration.known("key_job"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("id", "uuid"), TableDeclaration.column("kind", "text"),
                TableDeclaration.column("step", "text"), TableDeclaration.column("old", "integer"), TableDeclaration.column("new", "integer"),
                TableDeclaration.column("entity", "text", ""), TableDeclaration.column("position", "uuid", ""),
                TableDeclaration.column("done", "bigint"), TableDeclaration.column("total", "bigint"),
                TableDeclaration.column("unreadable", "bigint"), TableDeclaration.column("rate", "integer"),
                TableDeclaration.column("started_at", "timestamp with time zone"),
                TableDeclaration.column("step_at", "timestamp with time zone"),
                TableDeclaration.column("runner", "uuid", ""), TableDeclaration.column("leased_until", "timestamp with time zone", ""),
                TableDeclaration.column("unused_since", "timestamp with time zone", ""),
                TableDeclaration.column("finished_at", "timestamp with time zone", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("id")], isSecured: true,
            indexes: [
                .init(
                    name: "key_job__kind__idx",
                    statement: "CREATE UNIQUE INDEX key_job__kind__idx ON key_job (tenant_id, kind) WHERE finished_at IS NULL"
                )
            ]
        ),
    ]

    /// Tells every gateway what its opened keys are out of date by, whoever changed it: data keys that are gone (their holders, or
    /// their tenant when they are very many), and what rests above them (the tenant): opened data keys are none the worse for that.
    static let notification: [SQL] = [
        // A payload has less than 8000 bytes: two hundred ids.
        """
        CREATE OR REPLACE FUNCTION notify_data_keys_gone() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
          IF (SELECT count(*) FROM gone) <= 5000 THEN
            PERFORM pg_notify('data_key_gone', string_agg(holder::text, ',')) FROM
              (SELECT holder, row_number() OVER () / 200 AS part FROM (SELECT DISTINCT holder FROM gone) AS holders) AS parts GROUP BY part;
          ELSE
            PERFORM pg_notify('data_keys_changed', tenant_id::text) FROM (SELECT DISTINCT tenant_id FROM gone) AS tenants;
          END IF;
          RETURN NULL;
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER data_keys_gone AFTER DELETE ON data_key REFERENCING OLD TABLE AS gone
          FOR EACH STATEMENT EXECUTE FUNCTION notify_data_keys_gone()
        """,
        """
        CREATE OR REPLACE FUNCTION notify_tenant_keys_changed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('tenant_keys_changed', coalesce(NEW.tenant_id, OLD.tenant_id)::text); RETURN NULL; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER epoch_key_changed AFTER INSERT OR UPDATE OR DELETE ON epoch_key
          FOR EACH ROW EXECUTE FUNCTION notify_tenant_keys_changed()
        """,
        """
        CREATE OR REPLACE TRIGGER search_key_changed AFTER INSERT OR DELETE ON search_key
          FOR EACH ROW EXECUTE FUNCTION notify_tenant_keys_changed()
        """,
        """
        CREATE OR REPLACE FUNCTION notify_data_keys_changed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('data_keys_changed', NEW.tenant_id::text); RETURN NULL; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER tenant_setting_changed AFTER INSERT OR UPDATE ON tenant_setting
          FOR EACH ROW EXECUTE FUNCTION notify_data_keys_changed()
        """,
    ]
}
