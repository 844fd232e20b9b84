import AuditTrail
import Catalog
import Identity
import Policies
import PostgresLink
import Sealing
import Storage
package import Vocabulary

extension RecordGateway {
    /// The sealed package that a link leads to. Whoever has the link is let through, and has the passphrase or key, or has nothing.
    ///
    /// A link is good for one download. Since that may break off without anybody telling, the same link works up to three times, all within an
    /// hour of the first. A link that never was, one that was used and one that has expired get the same answer.
    ///
    /// - Parameter token: the end of the link.
    package func fetchPackage(_ token: String, address: String?, requestID: TraceID) async throws(Refusal) -> [UInt8] {
        guard let token = DownloadToken(token) else { throw Self.leadsNowhere }
        let context = RequestContext(
            principal: .dataSubject(tenant: token.tenant), purpose: catalog.purposes["compliance"], address: address, policies: policies,
            requestID: requestID
        )
        let code = token.code(try await downloadKey())
        let decision = context.policies.decide(context.access, .read, on: SystemResource.export.rawValue).widest
        guard decision.isAllowed else { throw await deny(decision, context) }
        return try await change(context) { (transaction: Transaction) async throws(Refusal) in
            let package: UUIDv7
            var bytes: [UInt8] = []
            var subjects: [SubjectID] = []
            do throws(LinkError) {
                let found = try await transaction.execute(
                    StoreDatabase.fetchPackage(tokenCode: code, at: context.time, tenant: context.tenant)
                )[0]
                guard found.rowCount == 1, let id = found.uuid(0, 0) else { throw LinkError(.misuse) }
                package = id
                subjects = (found.text(0, 1) ?? "").split(separator: " ").compactMap { UUIDv7($0).map { SubjectID($0) } }
                let parts = try await transaction.execute(StoreDatabase.parts(of: package, tenant: context.tenant))[0]
                bytes.reserveCapacity(Int(found.int64(0, 2) ?? 0))
                for row in 0..<parts.rowCount { _ = parts.withBytes(row, 0) { bytes.append(contentsOf: $0) } }
            } catch {
                throw error.code == .misuse ? Self.leadsNowhere : refusal(StorageError(error))
            }
            var event = event(decision, context, outcome: .disclosed)
            event.subjects = try await keys(for: subjects, withTenantKey: false, context).pseudonyms
            event.target = .export(request: nil, package: package)
            return (bytes, event)
        }.value
    }

    private static var leadsNowhere: Refusal {
        Refusal(.linkInvalid, "this link leads nowhere, or no longer", hint: "ask for another one")
    }

    /// Takes away packages of a tenant that can no longer be fetched, and what builds that never ended have left.
    package func dropFinishedPackages(of tenant: TenantID) async throws(Refusal) {
        do throws(StorageError) {
            let scope = Scope(tenant: tenant)
            let due = try await store.read(scope, [StoreDatabase.countFinishedPackages(at: .now(), tenant: tenant)])[0]
            let (packages, parts) = (Int(due.int64(0, 0) ?? 0), due.int64(0, 1) ?? 0)
            guard packages > 0 || parts > 0 else { return }
            if packages > 0 {
                // On record before it is done.
                do { _ = try await audit.record(.dropped(tenant, packages: packages)) } catch { throw StorageError.unrecorded }
            }
            try await store.transaction(scope, wrap: { $0 }) { (transaction: Transaction) throws(StorageError) in
                for statement in StoreDatabase.dropFinishedPackages(at: .now(), tenant: tenant) { transaction.enqueue(statement) }
            }
        } catch {
            throw refusal(error)
        }
    }
}
