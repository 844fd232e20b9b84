import PostgresLink

/// Users, the teams they are in, and the roles that were given to them.
///
/// Outside row security, like credentials: who asks is found out before anything is done in a tenant's name. Of a person there is a handle and
/// what the issuer calls it; names and addresses are for the issuer to keep.
enum UserSchema {
    private static let tenant = TableDeclaration.known("tenant_id")
    private static let user = TableDeclaration.known("user_id")

    static let tables: [TableDeclaration] = [
        TableDeclaration(
            name: TableDeclaration.known("user_account"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid", "NOT NULL REFERENCES tenant (id)"), TableDeclaration.column("id", "uuid"),
                TableDeclaration.column("handle", "text"), TableDeclaration.column("issuer", "text", ""),
                TableDeclaration.column("subject", "text", ""), TableDeclaration.column("disabled_at", "timestamp with time zone", ""),
                TableDeclaration.column("created_at", "timestamp with time zone"), TableDeclaration.column("created_by", "text"),
                TableDeclaration.column("generation", "bigint"),
            ],
            primaryKey: [tenant, TableDeclaration.known("id")], isSecured: false,
            indexes: [
                .init(
                    name: "user_account__handle__key",
                    statement: "CREATE UNIQUE INDEX user_account__handle__key ON user_account (tenant_id, handle)"),
                .init(
                    name: "user_account__subject__key",
                    statement: "CREATE UNIQUE INDEX user_account__subject__key ON user_account (tenant_id, issuer, subject)"),
            ]
        ),
        TableDeclaration(
            name: TableDeclaration.known("user_role"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("user_id", "uuid"), TableDeclaration.column("role", "text"),
                // Empty when the role comes with no team.
                TableDeclaration.column("team", "text"), TableDeclaration.column("valid_until", "timestamp with time zone", ""),
                TableDeclaration.column("granted_at", "timestamp with time zone"), TableDeclaration.column("granted_by", "text"),
            ],
            primaryKey: [tenant, user, TableDeclaration.known("role"), TableDeclaration.known("team")], isSecured: false,
            constraints: [
                .init(
                    name: "user_role__user__fkey",
                    statement: """
                        ALTER TABLE user_role ADD CONSTRAINT user_role__user__fkey FOREIGN KEY (tenant_id, user_id)
                          REFERENCES user_account (tenant_id, id) ON DELETE CASCADE
                        """)
            ]
        ),
        TableDeclaration(
            name: TableDeclaration.known("user_team"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid", "NOT NULL REFERENCES tenant (id)"), TableDeclaration.column("name", "text"),
                TableDeclaration.column("created_at", "timestamp with time zone"), TableDeclaration.column("created_by", "text"),
            ],
            primaryKey: [tenant, TableDeclaration.known("name")], isSecured: false
        ),
        TableDeclaration(
            name: TableDeclaration.known("user_team_member"),
            columns: [
                TableDeclaration.column("tenant_id", "uuid"), TableDeclaration.column("team", "text"), TableDeclaration.column("user_id", "uuid"),
                TableDeclaration.column("since", "timestamp with time zone"), TableDeclaration.column("added_by", "text"),
            ],
            primaryKey: [tenant, TableDeclaration.known("team"), user], isSecured: false,
            constraints: [
                .init(
                    name: "user_team_member__user__fkey",
                    statement: """
                        ALTER TABLE user_team_member ADD CONSTRAINT user_team_member__user__fkey FOREIGN KEY (tenant_id, user_id)
                          REFERENCES user_account (tenant_id, id) ON DELETE CASCADE
                        """),
                .init(
                    name: "user_team_member__team__fkey",
                    statement: """
                        ALTER TABLE user_team_member ADD CONSTRAINT user_team_member__team__fkey FOREIGN KEY (tenant_id, team)
                          REFERENCES user_team (tenant_id, name) ON DELETE CASCADE
                        """),
            ]
        ),
    ]
}
