package import Identity
package import PostgresLink
package import Vocabulary

/// On whose behalf a transaction runs: row-level security is set to the tenant, and the credential has to be live still.
package struct Scope: Sendable {
    package let tenant: TenantID
    package let liveness: Liveness?

    package init(tenant: TenantID, liveness: Liveness? = nil) {
        self.tenant = tenant
        self.liveness = liveness
    }

    package init(_ principal: Principal) {
        self.init(tenant: principal.tenant, liveness: principal.liveness)
    }
}

/// The database `gatehouse`: records, people in it only as pseudonymous subject ids.
package struct StoreDatabase: Sendable {
    package let database: Database
    /// Set when the connecting role is above row-level security: each transaction steps down to this role.
    package let stepsDown: Bool

    package init(_ database: Database, stepsDown: Bool) {
        self.database = database
        self.stepsDown = stepsDown
    }

    /// Reads within a scope; the answer is thrown away when the credential is no longer live.
    package func read(_ scope: Scope, _ statements: [SQL]) async throws(StorageError) -> [ResultSet] {
        let results: [ResultSet]
        do { results = try await database.read([opening(scope)] + statements) } catch { throw StorageError(error) }
        try check(results[0], scope)
        return Array(results.dropFirst())
    }

    /// Lends a transaction within a scope. What somebody has asked for is changed through ``AuditRecorder/change``, which commits it with its event;
    /// directly come the trail itself and steps of work that is on record as a whole: jobs, erasures, retention, queues and leases.
    package func transaction<Value: Sendable, Failure: Error>(
        _ scope: Scope, wrap: @escaping @Sendable (StorageError) -> Failure,
        _ body: (Transaction) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await database.transaction(wrap: { wrap(StorageError($0)) }) { (transaction: Transaction) async throws(Failure) -> Value in
            if scope.liveness == nil {
                transaction.enqueue(opening(scope))
            } else {
                let results: [ResultSet]
                do throws(LinkError) { results = try await transaction.execute(opening(scope)) } catch { throw wrap(StorageError(error)) }
                do throws(StorageError) { try check(results[0], scope) } catch { throw wrap(error) }
            }
            return try await body(transaction)
        }
    }

    /// Holds for one transaction, never for a session: connections are shared, and may be pooled by others.
    package func opening(_ scope: Scope) -> SQL {
        let tenant = SQLParameter.text(scope.tenant.description)
        guard let liveness = scope.liveness else { return (stepsDown ? Self.downwards : Self.plain).with([tenant]) }
        let credential = liveness.credential.map { [SQLParameter.text($0)] } ?? []
        let user: [SQLParameter] =
            switch liveness.user {
            case nil: []
            case .handle(let handle): [tenant, .text(handle)]
            case .subject(let subject, let issuer): [tenant, .text(issuer), .text(subject)]
            }
        return Self.opening(liveness, stepsDown).with([tenant] + credential + user)
    }

    /// One text for each way a caller comes, made once: the hot path only fills in.
    private static func opening(_ liveness: Liveness, _ stepsDown: Bool) -> SQL {
        switch (liveness.credential, liveness.user) {
        case (nil, nil): stepsDown ? downwards : plain
        case (.some, nil): stepsDown ? keyDownwards : key
        case (.some, .handle): stepsDown ? keyOfHandleDownwards : keyOfHandle
        case (.some, .subject): stepsDown ? keyOfSubjectDownwards : keyOfSubject
        case (nil, .handle): stepsDown ? handleDownwards : handle
        case (nil, .subject): stepsDown ? subjectDownwards : subject
        }
    }

    private static let nothing = SQLParameter.text(nil)
    private static let stepDown: SQL = ", set_config('role', 'gatehouse_rows', true)"
    private static let generation: SQL = """
        (SELECT generation FROM credential WHERE id = \(nothing) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
        """
    private static let ofHandle: SQL = """
        coalesce((SELECT generation FROM user_account WHERE tenant_id = \(nothing)::uuid AND handle = \(nothing)), 0)
        """
    private static let ofSubject: SQL = """
        coalesce((SELECT generation FROM user_account WHERE tenant_id = \(nothing)::uuid AND issuer = \(nothing) AND subject = \(nothing)), 0)
        """
    private static let none: SQL = "0::bigint"
    private static func opening(_ credential: SQL, _ user: SQL) -> SQL {
        "SELECT set_config('gatehouse.tenant', \(nothing), true), \(credential), \(user)"
    }
    private static let plain = opening(none, none)
    private static let downwards: SQL = "\(plain)\(stepDown)"
    private static let key = opening(generation, none)
    private static let keyDownwards: SQL = "\(key)\(stepDown)"
    private static let keyOfHandle = opening(generation, ofHandle)
    private static let keyOfHandleDownwards: SQL = "\(keyOfHandle)\(stepDown)"
    private static let keyOfSubject = opening(generation, ofSubject)
    private static let keyOfSubjectDownwards: SQL = "\(keyOfSubject)\(stepDown)"
    private static let handle = opening(none, ofHandle)
    private static let handleDownwards: SQL = "\(handle)\(stepDown)"
    private static let subject = opening(none, ofSubject)
    private static let subjectDownwards: SQL = "\(subject)\(stepDown)"

    func check(_ result: ResultSet, _ scope: Scope) throws(StorageError) {
        guard let liveness = scope.liveness else { return }
        guard result.rowCount == 1, result.int64(0, 1) == liveness.generation, result.int64(0, 2) == liveness.userGeneration else {
            throw .credentialOutdated
        }
    }
}
