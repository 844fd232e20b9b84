import Catalog
import DataFormats
import Disclosure
import Gateway
import Identity
import Storage
import SubjectRights
import TestPostgres
import TransparencyLog
import Vocabulary

@testable import Assembly

/// A gateway inside this process, over a private PostgreSQL of its own.
struct ErasureSite: Sendable {
    let runtime: Runtime
    let folder: String

    var gateway: RecordGateway { runtime.gateway }

    /// Lends a gateway over empty databases.
    static func with(
        policies: String = Repository.policies, environment: [String: String] = [:], _ body: @Sendable (ErasureSite) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder.make()
        var options = Runtime.Options(state: folder + "/state", policies: policies)
        options.environment.merge(environment) { $1 }
        try await Runtime.with(options, progress: { _ in }) { runtime in
            try await body(ErasureSite(runtime: runtime, folder: folder))
        }
    }

    func context(reason: String? = nil) async throws -> RequestContext {
        try await runtime.hostContext(makesTenant: true, reason: reason)
    }

    /// Somebody on the host with this role.
    func context(as role: String, reason: String? = nil) async throws -> RequestContext {
        let tenant = try await context().principal.tenant
        return RequestContext(
            principal: .host(tenant: tenant, roles: [role]),
            purpose: gateway.catalog.purposes[role == "integration-app" ? "operations" : "compliance"], reason: reason,
            policies: gateway.policies, requestID: .make())
    }

    func tenant() async throws -> TenantID { try await context().principal.tenant }

    /// What verifies certificates away from here: the key of documents, and that of the log.
    func verificationKeys() async throws -> (document: NoteKey, log: NoteKey) {
        let overview = try await gateway.logOverview(try await context(as: "auditor"))
        guard let key = overview.epochs.last?.key else { throw TestFailure("the log has no key") }
        return (try gateway.rights.signer.noteKey, key)
    }

    @discardableResult
    func hold(_ subject: SubjectID) async throws -> LegalHold {
        let order = HoldOrder(
            scope: .subject(subject), matter: Personal("a suit"), basis: Personal("GDPR Art. 17(3)(e)"),
            reviewOn: CalendarDate(daysSince1970: 30_000))
        return try await gateway.placeHold(order, try await context(as: "compliance-officer", reason: "a suit"))
    }

    /// Makes a record, and says which.
    @discardableResult
    func make(_ entity: String, _ members: JSONObject) async throws -> RecordID {
        guard let entity = gateway.catalog.entity(named: entity) else { throw TestFailure("there is no entity \(entity)") }
        let record = try await gateway.create(entity, members, try await context())
        guard let object = (try? JSONReader.read(record.json))?.objectValue, let id = object["id"]?.stringValue.flatMap({ RecordID($0) }) else {
            throw TestFailure("the record does not say its id")
        }
        return id
    }

    /// Makes records by an import, and says which, in their order.
    func importRows(_ entity: String, _ rows: [JSONObject]) async throws -> [RecordID] {
        guard let entity = gateway.catalog.entity(named: entity) else { throw TestFailure("there is no entity \(entity)") }
        var ids: [RecordID] = []
        for start in stride(from: 0, to: rows.count, by: 500) {
            let part = rows[start..<min(start + 500, rows.count)].enumerated().map { ImportRow(line: $0.offset + 1, members: $0.element) }
            for outcome in try await gateway.importRows(Array(part), into: entity, isDryRun: false, try await context()) {
                guard let id = outcome.record else { throw TestFailure("a row was refused: \(outcome.problems)") }
                ids.append(id)
            }
        }
        return ids
    }

    func store(_ sql: String) async throws -> String { try await PostgresCluster.psql(socket: folder + "/state/postgres-run", "gatehouse", sql) }

    func vault(_ sql: String) async throws -> String {
        try await PostgresCluster.psql(socket: folder + "/state/postgres-run", "gatehouse_vault", sql)
    }
}
