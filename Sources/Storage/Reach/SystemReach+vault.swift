extension SystemReach {
    private static let keys = "keys of tenants and of the gateway, which belong to no person"

    /// Every table of the vault.
    package static let vault: [SystemReach] = [
        nobody("epoch_key", because: keys, ["epoch", "provider", "generation", "wrapped", "created_at"]),
        nobody("ended_epoch", because: keys, ["epoch", "generation", "began_at", "unused_since", "destroyed_at"]),
        nobody("search_key", because: keys, ["generation", "epoch", "wrapped", "created_at"]),
        nobody("tenant_setting", because: keys, ["suite"]),
        nobody("audit_anchor", because: "the head of the log", ["epoch", "size", "root"]),
        nobody(
            "key_job", because: "how far a rotation is",
            [
                "id", "kind", "step", "old", "new", "entity", "position", "done", "total", "unreadable", "rate", "started_at", "step_at", "runner",
                "leased_until", "unused_since", "finished_at",
            ]),
        SystemReach(
            table: "data_key", columns: ["holder", "version", "epoch", "wrapped", "created_at"],
            export: .not(because: "the key that the export is opened with, and no data"),
            erasure: .step("every version of the person's key is destroyed"), retention: .withThePerson),
        SystemReach(
            table: "search_token", columns: ["token", "record_id", "holder", "place", "generation"],
            export: .not(because: "keyed digests of values that the export has"),
            erasure: .step("the person's tokens are removed with the key"), retention: .withThePerson),
        SystemReach(
            table: "key_tombstone", columns: ["holder", "epoch", "destroyed_at", "recorded_in", "keeps_records"],
            export: .not(because: "exists only once there is nobody to export"),
            erasure: .not(because: "says that an id was erased, so that no restore brings the person back; the id leads to nothing"),
            retention: .not(because: "a restore years later has to find it")),
        SystemReach(
            table: "suppression", columns: ["token", "erasure_id", "created_at", "kept_out", "recorded_in"],
            export: .not(because: "exists only once there is nobody to export"),
            erasure: .not(because: "keyed digests that keep the person from being brought back (GDPR Art. 17(1), 21(3))"),
            retention: .after("an officer lifts it when the person comes back")),
        nobody(
            "lifted_suppression", because: "the id of an erasure that keeps nobody out any more", ["erasure_id", "lifted_at", "recorded_in"]),
    ]
}
