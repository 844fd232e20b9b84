extension SystemReach {
    /// Every table of the store that is not an entity's.
    package static let store: [SystemReach] =
        accounts + standing + trail + rights + requests + holds + exports + retention + answers + merges + events + jobs + honey

    private static let staff = "tells of the controller's own people and programs, whose accounts are another processing"
    private static let tree = "hashes, places and numbers of the log, which tell of nobody"

    private static let accounts: [SystemReach] = [
        nobody("tenant", because: "a company", ["id", "name", "created_at"]),
        nobody(
            "credential", because: staff,
            [
                "id", "user_name", "roles", "teams", "purpose", "code", "created_at", "expires_at", "revoked_at", "generation", "attributes",
                "stepped_up", "previous_code", "previous_until", "scopes", "networks", "acts_for_users", "used_at",
                "certificate",
            ]),
        nobody(
            "user_account", because: staff,
            ["id", "handle", "issuer", "subject", "disabled_at", "created_at", "created_by", "generation"]),
        nobody("user_role", because: staff, ["user_id", "role", "team", "valid_until", "granted_at", "granted_by"]),
        nobody("user_team", because: "a group of the controller's own people", ["name", "created_at", "created_by"]),
        nobody("user_team_member", because: staff, ["team", "user_id", "since", "added_by"]),
        nobody(
            "access_grant", because: staff,
            [
                "id", "kind", "rule", "requester", "reason", "requested_at", "valid_until", "approved_by", "approved_at", "closed_by", "closed_at",
                "finding", "note",
            ]),
        nobody(
            "limit_lift", because: staff,
            ["id", "principal", "people", "lifted_at", "valid_until", "lifted_by", "ended_at", "ended_by"]),
        nobody("schema_change", because: "changes of tables", ["id", "applied_at", "changes"]),
    ]

    private static let standing: [SystemReach] = [
        person(
            "consent_event", by: "subject_id",
            [
                "subject_id", "purpose", "sequence", "id", "state", "at", "valid_until", "notice", "language", "wording", "expression", "channel",
                "method", "recorded_by", "evidence",
            ], isGuarded: true),
        SystemReach(
            table: "consent_link", columns: ["code", "subject_id", "purpose", "kind", "notice", "language", "expires_at", "used_at"],
            export: .not(because: "the code of a link that was sent to the person, who has the link itself"),
            erasure: .rows(by: "subject_id"), retention: .withThePerson),
        person("subject_opt_out", by: "subject_id", ["subject_id", "kind", "since", "source", "recorded_by"]),
        person("subject_restriction", by: "subject_id", ["subject_id", "since", "ground", "recorded_by", "holds", "is_own"]),
        person("subject_objection", by: "subject_id", ["subject_id", "purpose", "since", "recorded_by"]),
    ]

    private static let honey: [SystemReach] = [
        SystemReach(
            table: "honey_record",
            columns: ["id", "entity", "record_id", "subject_id", "placed_at", "placed_by", "removed_at", "removed_by"],
            export: .not(because: "marks records of people who do not exist, as a trap"), erasure: .rows(by: "subject_id"), retention: .withThePerson)
    ]

    private static let trail: [SystemReach] = [
        SystemReach(
            table: "audit_inbox", columns: ["id", "is_repeated", "events"],
            export: .not(because: "events on their way to their places, where they are reported from"),
            erasure: .step("what stands there for a moment is moved, and its margin taken away in the hour after"),
            retention: .after("a moment: the sequencer empties it")),
        SystemReach(
            table: "audit_event",
            columns: [
                "id", "epoch", "position", "at", "actor", "action", "entity", "decision", "purpose", "grant_id", "reason", "salt", "records", "entry",
            ],
            export: .not(because: "who saw what of a person is a report of its own: gatehouse audit report subject"),
            erasure: .step("reason, salt and records are taken away; the entry has a pseudonym that nobody can derive without the key"),
            retention: .after("the months that GATEHOUSE_AUDIT_KEEP_MONTHS sets, as accountability asks for (GDPR Art. 5(2))")),
        SystemReach(
            table: "audit_subject", columns: ["pseudonym", "id"],
            export: .not(because: "a pseudonym of the trail, which says nothing to the person"),
            erasure: .step("blinded: without the person's key nobody can tell whose pseudonym it is"),
            retention: .after("with the events it belongs to")),
        SystemReach(
            table: "audit_wipe", columns: ["pseudonym", "until"],
            export: .not(because: "an hour of work after an erasure"),
            erasure: .step("is itself what has margins taken away"), retention: .after("an hour")),
        nobody("audit_log", because: tree, ["name", "epoch", "size", "root", "signer", "updated_at"]),
        nobody("audit_checkpoint", because: tree, ["epoch", "size", "root", "note", "signed_at"]),
        nobody("audit_tile", because: tree, ["epoch", "level", "number", "hashes"]),
        nobody(
            "audit_witness", because: tree,
            ["epoch", "witness", "size", "note", "evidence", "witnessed_at", "tried_at", "failing_since", "failure"]),
        nobody("audit_feed", because: tree, ["feed", "epoch", "position", "held_until", "delivered_at", "failing_since", "failure"]),
        nobody("audit_prune", because: tree, ["epoch", "below"]),
    ]

    private static let rights: [SystemReach] = [
        SystemReach(
            table: "erasure",
            columns: [
                "id", "cause", "step", "subjects", "counts", "begun_at", "begun_by", "runner", "leased_until", "finished_at", "event_id", "issue",
                "certificate",
            ],
            export: .not(because: "exists only once there is nobody to export"),
            erasure: .not(
                because: "the proof that the request was answered (GDPR Art. 5(2)); subjects are ids that lead to nothing any more"),
            retention: .after(
                "24 months, with its request (11 CCR 7101); what retention erased stays on record: numbers, and ids that lead to nothing")),
        SystemReach(
            table: "recipient_notice",
            columns: [
                "id", "cause_id", "recipient", "kind", "state", "payload", "attempts", "created_at", "next_at", "delivered_at", "acknowledged_at",
                "acknowledged_by", "failure",
            ],
            export: .not(because: "recipients are named in the export by the declaration of processing"),
            erasure: .step("the payload is emptied when the recipient has acknowledged"),
            retention: .after("24 months, as part of the record of a request (11 CCR 7101)")),
    ]

    private static let requestRecord = "the record of a request, which has to be kept for 24 months (11 CCR 7101) and is used for nothing else"

    private static let requests: [SystemReach] = [
        SystemReach(
            table: "subject_request",
            columns: [
                "id", "version", "kind", "regulation", "regulation_from", "channel", "opened_by", "received_at", "state", "due_on",
                "failed_attempts", "proof", "verified_at", "confirmed_at", "extended_at", "extension_reason", "paused_since",
                "paused_microseconds", "approved_by", "begun_by", "reason", "closed_at", "subjects", "purposes", "claim", "idempotency", "code",
                "code_until", "codes_sent", "mails", "reminded", "sealed", "agent_calls", "agent_call_at",
            ],
            export: .not(because: "the person has the answer to each of their requests"), erasure: .not(because: requestRecord),
            retention: .after("24 months: then the key of the request's own, under which rests what somebody wrote, is destroyed")),
        SystemReach(
            table: "request_event", columns: ["request_id", "number", "at", "actor", "event", "detail"],
            export: .not(because: "the person has the answer to each of their requests"), erasure: .not(because: requestRecord),
            retention: .after("24 months, with the request")),
        nobody(
            "rights_agent", because: "an organisation that speaks for people",
            ["id", "name", "verify_key", "business_id", "web_url", "token", "token_at", "added_at", "added_by"]),
    ]

    private static let told = "ids of records and requests and names of fields, which lead to nothing once the record is gone"

    private static let events: [SystemReach] = [
        nobody(
            "webhook_endpoint", because: "where programs of the controller's are told of events, and secrets that they share",
            [
                "id", "owner", "purpose", "types", "content", "created_at", "disabled_at", "disabled_because", "paused_until",
            ]),
        SystemReach(
            table: "change_event",
            columns: ["id", "type", "entity", "thing_id", "version", "names", "actor", "occurred_at", "told"],
            export: .not(because: told), erasure: .not(because: told), retention: .after("30 days: the gateway sweeps them")),
        SystemReach(
            table: "event_delivery",
            columns: ["endpoint_id", "event_id", "state", "attempts", "next_at", "delivered_at", "failure"],
            export: .not(because: told), erasure: .not(because: told), retention: .after("30 days: with their events")),
    ]

    private static let waiting = "rows that are no records yet, under a key of the job's own which is destroyed a day after its end"

    private static let jobs: [SystemReach] = [
        nobody(
            "record_job",
            because: "how far an import or export is; what it asks for rests sealed with a key of its own, and goes a day after its end",
            [
                "id", "kind", "entity", "state", "owner", "purpose", "is_dry_run", "content", "parts", "done_parts", "total", "created", "updated",
                "skipped", "refused", "next", "code", "created_at", "ended_at", "files_until", "revertible_until", "due_at",
            ]),
        SystemReach(
            table: "record_job_part", columns: ["job_id", "number", "row_count", "sealed"],
            export: .not(because: waiting), erasure: .not(because: waiting), retention: .after("its turn, or a day after the end of its job")),
        SystemReach(
            table: "record_job_line",
            columns: ["job_id", "number", "fate", "record_id", "subject_id", "version", "sight", "sealed", "reverted"],
            export: .not(because: "copies of the person's records, which are shown themselves"),
            erasure: .rows(by: "subject_id"),
            retention: .after("a day after the end of the job; what an import has replaced, seven days")),
    ]

    private static let retention: [SystemReach] = [
        person(
            "archived_record", by: "subject_id", ["entity", "id", "subject_id", "run_id", "rule", "archived_at", "contents"]),
        SystemReach(
            table: "retention_review", columns: ["rule", "record_id", "subject_id", "anchor", "reviewed_at", "reviewed_by"],
            export: .not(because: "that somebody of the controller's looked whether a record is still needed"),
            erasure: .rows(by: "subject_id"), retention: .withThePerson),
        SystemReach(
            table: "retention_item", columns: ["run_id", "rule", "id", "holder"],
            export: .not(because: "ids that a run of retention still has to do with"),
            erasure: .step("the run that put them there finds the records gone, and takes them off its list"),
            retention: .after("the end of the run")),
        nobody(
            "retention_run", because: "numbers, and how far a run is",
            [
                "id", "rules", "rate", "started_at", "started_by", "rule", "is_listed", "position", "done", "total", "events", "runner",
                "leased_until", "finished_at", "report",
            ]),
        nobody("retention_tally", because: "numbers", ["run_id", "rule", "outcome", "entity", "count"]),
    ]

    private static let holds: [SystemReach] = [
        SystemReach(
            table: "legal_hold",
            columns: [
                "id", "kind", "subject_id", "entity", "words", "review_on", "placed_at", "placed_by", "records", "people", "released_at",
                "released_by", "release_reason",
            ],
            export: .not(because: "what is kept for legal claims is not the other side's to see while they last (GDPR Art. 23(1)(j))"),
            // Those that stand keep their person from being erased: what goes are those that were released. The trail tells of them.
            erasure: .rows(by: "subject_id"), retention: .withThePerson),
        nobody("hold_gate", because: "a lock", []),
        SystemReach(
            table: "hold_reach", columns: ["hold_id", "entity", "record_id", "subject_id"],
            export: .not(because: "as the hold that it belongs to"),
            erasure: .not(because: "goes with the release of the hold, and while the hold stands the person stays"),
            retention: .after("the release of the hold")),
    ]

    private static let exports: [SystemReach] = [
        SystemReach(
            table: "export_package",
            columns: [
                "id", "request_id", "subject_ids", "token_code", "byte_count", "built_at", "built_by", "expires_at", "fetches", "first_fetched_at",
            ],
            export: .not(because: "is the export"), erasure: .step("packages about the person go, and their links lead nowhere"),
            retention: .after("seven days, or an hour after it was fetched")),
        SystemReach(
            table: "export_part", columns: ["package_id", "number", "written_at", "bytes"],
            export: .not(because: "is the export"), erasure: .step("goes with its package; what no package names goes after an hour"),
            retention: .after("with its package")),
    ]

    private static let answers: [SystemReach] = [
        SystemReach(
            table: "kept_answer",
            columns: [
                "scope", "fingerprint", "kept_until", "action", "resource", "event_id", "record_id", "sight", "subject_id", "sealed",
            ],
            export: .not(because: "a copy, for a day, of what a caller was answered; the record itself is exported"),
            erasure: .rows(by: "subject_id"), retention: .after("24 hours"))
    ]
}
