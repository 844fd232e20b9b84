import PostgresLink

/// Tables of the store about records, and people, that turned out to be the same.
enum MergeSchema {
    private static let tenant = TableDeclaration.known("tenant_id")

    static let tables: [TableDeclaration] = [
        // Whose id is another's now. Flat: what it says is the person of today, whatever there was in between.
        TableDeclaration(
            name: TableDeclaration.known("merged_person"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("person_id", "uuid"),
                TableDeclaration.column("into_id", "uuid"), TableDeclaration.column("merged_at", "timestamp with time zone"),
                // Since when nothing is left under the old id, in the vault and of what was being written meanwhile.
                TableDeclaration.column("settled_at", "timestamp with time zone", ""),
            ],
            primaryKey: [tenant, TableDeclaration.known("person_id")], isSecured: true,
            indexes: [
                .init(
                    name: "merged_person__into__idx", statement: "CREATE INDEX merged_person__into__idx ON merged_person (tenant_id, into_id)"),
                .init(
                    name: "merged_person__open__idx",
                    statement: "CREATE INDEX merged_person__open__idx ON merged_person (tenant_id, merged_at) WHERE settled_at IS NULL"),
            ]
        ),
        TableDeclaration(
            name: TableDeclaration.known("merged_record"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("entity", "text"),
                TableDeclaration.column("record_id", "uuid"), TableDeclaration.column("into_id", "uuid"),
                TableDeclaration.column("subject_id", "uuid", ""), TableDeclaration.column("merged_at", "timestamp with time zone"),
            ],
            primaryKey: [tenant, TableDeclaration.known("entity"), TableDeclaration.known("record_id")], isSecured: true,
            indexes: [
                .init(
                    name: "merged_record__into__idx",
                    statement: "CREATE INDEX merged_record__into__idx ON merged_record (tenant_id, entity, into_id)"),
                .init(
                    name: "merged_record__subject__idx",
                    statement: "CREATE INDEX merged_record__subject__idx ON merged_record (tenant_id, subject_id)"),
            ]
        ),
    ]
}

extension SystemReach {
    static let merges: [SystemReach] = [
        SystemReach(
            table: "merged_person", columns: ["person_id", "into_id", "merged_at", "settled_at"],
            export: .not(because: "ids that the person had before, which say nothing beside the records"),
            erasure: .rows(by: "into_id"), retention: .withThePerson),
        SystemReach(
            table: "merged_record", columns: ["entity", "record_id", "into_id", "subject_id", "merged_at"],
            export: .not(because: "ids that records of the person had before, which say nothing beside the records"),
            erasure: .rows(by: "subject_id"), retention: .withThePerson),
    ]
}
