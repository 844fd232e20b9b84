import PostgresLink
import Storage
import TestPostgres
import Testing
import Vocabulary

@Suite(.timeLimit(.minutes(15)))
struct TenantScopeTests {
    private func batch(_ tenant: TenantID) -> SQL {
        let row = AuditRow(id: .make(), at: .now(), actor: "ann", action: "read", entity: "contact", decision: "allow", entry: Array("{}".utf8))
        return StoreDatabase.addAuditBatch(AuditBatch(tenant: tenant, rows: [row]))
    }

    private func settings(_ pair: DatabasePair) -> LinkSettings {
        var settings = LinkSettings(name: "store", target: pair.cluster.target(pair.store))
        settings.sharedConnections = 1
        settings.exclusiveConnections = 1
        return settings
    }

    @Test func `a scope shows the rows of its tenant and of nobody else`() async throws {
        let pair = try await PostgresCluster.shared().makePair()
        try await withLink(settings(pair)) { database async throws in
            let store = StoreDatabase(database, stepsDown: false)
            let tenants = [TenantID(.make()), TenantID(.make())]
            for tenant in tenants {
                _ = try await database.write([
                    store.opening(Scope(tenant: tenant)), batch(tenant), batch(tenant),
                ])
            }
            for tenant in tenants {
                let rows = try await store.rows(Scope(tenant: tenant), "SELECT DISTINCT tenant_id, count(*) FROM audit_inbox GROUP BY 1")
                #expect(rows.rowCount == 1)
                #expect(rows.uuid(0, 0) == tenant.uuid)
                #expect(rows.int64(0, 1) == 2)
            }
            #expect(try await store.rows(Scope(tenant: TenantID(.make())), "SELECT 1 FROM audit_inbox").rowCount == 0)
        }
    }

    @Test func `a scope ends with its transaction`() async throws {
        let pair = try await PostgresCluster.shared().makePair()
        try await withLink(settings(pair)) { database async throws in
            let store = StoreDatabase(database, stepsDown: false)
            let tenant = TenantID(.make())
            _ = try await database.write([store.opening(Scope(tenant: tenant)), batch(tenant)])
            #expect(try await store.rows(Scope(tenant: tenant), "SELECT 1 FROM audit_inbox").rowCount == 1)
            // The same shared connection: either no row, or a refusal to compare with an empty tenant.
            for _ in 0..<3 {
                do {
                    #expect(try await database.one("SELECT 1 FROM audit_inbox").rowCount == 0)
                } catch let error as LinkError {
                    #expect(error.sqlState == "22P02")
                }
                #expect(try await database.one("SELECT coalesce(current_setting('gatehouse.tenant', true), '')").text(0, 0) == "")
            }
        }
    }

    @Test func `a row for another tenant cannot be written`() async throws {
        let pair = try await PostgresCluster.shared().makePair()
        try await withLink(settings(pair)) { database async throws in
            let store = StoreDatabase(database, stepsDown: false)
            let other = TenantID(.make())
            await #expect(throws: LinkError(.refused, sqlState: "42501")) {
                try await database.write([store.opening(Scope(tenant: TenantID(.make()))), batch(other)])
            }
        }
    }

    @Test func `interleaved scopes on one connection never mix`() async throws {
        let pair = try await PostgresCluster.shared().makePair()
        try await withLink(settings(pair)) { database async throws in
            let store = StoreDatabase(database, stepsDown: false)
            let tenants = (0..<8).map { _ in TenantID(.make()) }
            for tenant in tenants {
                _ = try await database.write([store.opening(Scope(tenant: tenant)), batch(tenant)])
            }
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<400 {
                    let tenant = tenants[index % tenants.count]
                    group.addTask {
                        let rows = try await store.rows(Scope(tenant: tenant), "SELECT tenant_id FROM audit_inbox")
                        return rows.rowCount != 1 || rows.uuid(0, 0) != tenant.uuid
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wrong == 0)
        }
    }

    @Test func `a role above row security steps down for each transaction`() async throws {
        let cluster = try await PostgresCluster.shared()
        let pair = try await cluster.makePair()
        try await cluster.administer(
            pair.store,
            """
            DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatehouse_rows') THEN CREATE ROLE gatehouse_rows NOLOGIN; END IF; END $$;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO gatehouse_rows
            """
        )
        var settings = settings(pair)
        settings.target = Personal("host=\(cluster.folder) dbname=\(pair.store) user=postgres")
        try await withLink(settings) { database async throws in
            let store = StoreDatabase(database, stepsDown: true)
            let tenant = TenantID(.make())
            _ = try await database.write([store.opening(Scope(tenant: tenant)), batch(tenant)])
            #expect(try await store.rows(Scope(tenant: tenant), "SELECT 1 FROM audit_inbox").rowCount == 1)
            #expect(try await store.rows(Scope(tenant: TenantID(.make())), "SELECT 1 FROM audit_inbox").rowCount == 0)
            #expect(try await database.one("SELECT current_user::text").text(0, 0) == "postgres")
        }
    }
}
