import PostgresLink

/// Tables of the store about what people have said, and the words they were asked with.
enum ConsentSchema {
    private static let tenant = TableDeclaration.known("tenant_id")
    private static let subject = TableDeclaration.known("subject_id")

    static let tables: [TableDeclaration] = [
        // Rows are added and never changed; see `guards`. The last decisive one of a person and purpose is looked up by the primary key.
        TableDeclaration(
            name: TableDeclaration.known("consent_event"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("subject_id", "uuid"),
                TableDeclaration.column("purpose", "text"),
                // The order in which things were said; a clock could be wrong.
                TableDeclaration.column("sequence", "bigint", "GENERATED ALWAYS AS IDENTITY"), TableDeclaration.column("id", "uuid"),
                TableDeclaration.column(
                    "state", "text", "NOT NULL CHECK (state IN ('requested', 'given', 'renewed', 'refused', 'withdrawn', 'expired'))"),
                TableDeclaration.column("at", "timestamp with time zone"), TableDeclaration.column("valid_until", "timestamp with time zone", ""),
                TableDeclaration.column("notice", "text", ""), TableDeclaration.column("language", "text", ""),
                TableDeclaration.column("wording", "bytea", ""), TableDeclaration.column("expression", "text"),
                TableDeclaration.column("channel", "text", ""), TableDeclaration.column("method", "text", ""),
                TableDeclaration.column("recorded_by", "text"),
                // Sealed under the person's key.
                TableDeclaration.column("evidence", "bytea", ""),
            ],
            primaryKey: [tenant, subject, TableDeclaration.known("purpose"), TableDeclaration.known("sequence")], isSecured: true
        ),
        // Links that were sent to a person's mailbox, by a keyed code of their token.
        TableDeclaration(
            name: TableDeclaration.known("consent_link"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("code", "bytea"), TableDeclaration.column("subject_id", "uuid"),
                TableDeclaration.column("purpose", "text"),
                TableDeclaration.column("kind", "text", "NOT NULL CHECK (kind IN ('confirm', 'withdraw'))"),
                TableDeclaration.column("notice", "text", ""), TableDeclaration.column("language", "text"),
                TableDeclaration.column("expires_at", "timestamp with time zone"),
                TableDeclaration.column("used_at", "timestamp with time zone", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("code")], isSecured: true,
            indexes: [
                .init(
                    name: "consent_link__subject__idx",
                    statement: "CREATE INDEX consent_link__subject__idx ON consent_link (tenant_id, subject_id)")
            ]
        ),
        // What the CCPA gives people: no sale or sharing, and sensitive data only for what is necessary.
        TableDeclaration(
            name: TableDeclaration.known("subject_opt_out"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("subject_id", "uuid"),
                TableDeclaration.column("kind", "text", "NOT NULL CHECK (kind IN ('sale', 'sensitive'))"),
                TableDeclaration.column("since", "timestamp with time zone"), TableDeclaration.column("source", "text"),
                TableDeclaration.column("recorded_by", "text"),
            ],
            primaryKey: [tenant, subject, TableDeclaration.known("kind")], isSecured: true
        ),
    ]

    /// Keeps the ledger as it was written, whoever asks: an event is changed in nothing but how its evidence is sealed, becomes another
    /// person's only where two people turn out to be one, and goes only with its person, in a transaction that says so. Made anew at each apply; the owner of the database can still take it away, and what was said
    /// also stands in the audit log, which finds that out.
    static let guards: [SQL] = [
        """
        CREATE OR REPLACE FUNCTION keep_consent_events() RETURNS trigger LANGUAGE plpgsql AS
        $$ DECLARE resealed bytea; moved uuid; BEGIN
          IF TG_OP = 'DELETE' AND current_setting('gatehouse.erasing', true) = 'on' THEN RETURN OLD; END IF;
          IF TG_OP = 'UPDATE' AND current_setting('gatehouse.merging', true) = 'on'
            AND (OLD.evidence IS NULL) = (NEW.evidence IS NULL) THEN
            moved := NEW.subject_id;
            resealed := NEW.evidence;
            NEW.subject_id := OLD.subject_id;
            NEW.evidence := OLD.evidence;
            IF NEW IS NOT DISTINCT FROM OLD THEN
              NEW.subject_id := moved;
              NEW.evidence := resealed;
              RETURN NEW;
            END IF;
            RAISE EXCEPTION 'consent events are never changed' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          IF TG_OP = 'UPDATE' AND OLD.evidence IS NOT NULL AND NEW.evidence IS NOT NULL THEN
            resealed := NEW.evidence;
            NEW.evidence := OLD.evidence;
            IF NEW IS NOT DISTINCT FROM OLD THEN
              NEW.evidence := resealed;
              RETURN NEW;
            END IF;
          END IF;
          RAISE EXCEPTION 'consent events are never changed' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER consent_events_are_kept BEFORE UPDATE OR DELETE ON consent_event
          FOR EACH ROW EXECUTE FUNCTION keep_consent_events()
        """,
        """
        CREATE OR REPLACE TRIGGER consent_events_are_not_emptied BEFORE TRUNCATE ON consent_event
          FOR EACH STATEMENT EXECUTE FUNCTION keep_consent_events()
        """,
    ]
}
