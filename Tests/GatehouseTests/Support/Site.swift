import DataFormats
import Foundation
import PolicyFiles
import Synchronization
import TestPostgres
import Testing

/// A state directory with its databases and the gateways that serve it.
final class Site: Sendable {
    enum Databases {
        case embedded, fresh
        case given(DatabasePair)
    }

    let folder: String
    let policies: String
    private let pair: DatabasePair?
    private let servers = Mutex<[ServerProcess]>([])
    private let counter = Atomic<Int>(0)
    private let issuing = Mutex<(issuer: Caller, made: ContinuousClock.Instant)?>(nil)

    var state: String { folder + "/state" }
    var environment: [String: String] { (pair?.environment ?? [:]).merging(settings.withLock { $0 }) { _, new in new } }
    private let settings = Mutex<[String: String]>([:])

    init(_ databases: Databases = .fresh, policies: String = Repository.policies) async throws {
        folder = try TemporaryFolder.make()
        self.policies = policies
        pair =
            switch databases {
            case .embedded: nil
            case .fresh: try await PostgresCluster.shared().makePair()
            case .given(let pair): pair
            }
    }

    /// One gateway for all tests that break nothing; ended with the test process.
    static func shared() async throws -> Site { try await starting.value }
    private static let starting = Task {
        let site = try await Site()
        try await site.serve()
        return site
    }

    /// Lends a site, its gateways stopped at the end.
    static func with<Value: Sendable>(
        _ databases: Databases = .fresh, policies: String = Repository.policies, _ body: (Site) async throws -> Value
    ) async throws -> Value {
        let site = try await Site(databases, policies: policies)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(site)) } catch { outcome = .failure(error) }
        await site.stop()
        return try outcome.get()
    }

    /// Settings for every gateway and command from now on.
    func add(_ environment: [String: String]) {
        settings.withLock { $0.merge(environment) { _, new in new } }
    }

    /// Keys that are kept open for a second make rotations wait for seconds, not minutes.
    func keepKeysBriefly() { add(["GATEHOUSE_KEY_CACHE_SECONDS": "1"]) }

    /// Starts a gateway, beside those that run already.
    @discardableResult
    func serve(_ arguments: [String] = []) async throws -> ServerProcess {
        let log = folder + "/serve\(counter.add(1, ordering: .relaxed).newValue)"
        let server = try await ServerProcess.start(
            ["--state", state, "--policies", policies] + arguments, environment: environment, log: log
        )
        servers.withLock { $0.append(server) }
        return server
    }

    func stop(_ signal: Int32 = SIGTERM) async {
        let running = servers.withLock { servers in
            defer { servers = [] }
            return servers
        }
        for server in running { _ = await server.end(signal) }
    }

    /// Ends one gateway; the others go on.
    func end(_ server: ServerProcess, _ signal: Int32 = SIGTERM) async {
        servers.withLock { $0.removeAll { $0 === server } }
        _ = await server.end(signal)
    }

    func run(_ arguments: String..., environment more: [String: String] = [:]) async throws -> Program.Outcome {
        try await run(arguments, environment: more)
    }

    func run(_ arguments: [String], environment more: [String: String] = [:]) async throws -> Program.Outcome {
        try await GatehouseProgram.run(
            arguments + (more["GATEHOUSE_URL"] == nil ? ["--state", state] : []) + ["--policies", policies],
            environment: environment.merging(more) { _, new in new }, folder: folder
        )
    }

    // MARK: Callers

    var url: String {
        get throws {
            guard let url = servers.withLock({ $0.first?.url }) else { throw TestFailure("nobody serves this site") }
            return url
        }
    }

    var administrator: Caller {
        get throws {
            let token = Program.text(state + "/keys/administrator.token").trimmingCharacters(in: .whitespacesAndNewlines)
            return Caller(url: try url, token: token)
        }
    }

    /// Somebody with these roles in the first tenant.
    func caller(_ roles: String..., user: String? = nil, expires: String? = nil) async throws -> Caller {
        var order: JSONObject = ["roles": .array(roles.map { .string($0) })]
        if let user { order["user"] = .string(user) }
        if let expires { order["expires_at"] = .string(expires) }
        return try await caller(order)
    }

    /// Somebody whose key says all of this.
    func caller(_ order: JSONObject) async throws -> Caller {
        let answer = try await issuer.post("/v1/tokens", .object(order))
        guard answer.status == 201, let token = answer["token"]?.stringValue, let id = answer["id"]?.stringValue else {
            throw TestFailure("no key: \(answer.text)")
        }
        return Caller(url: try url, token: token, id: id)
    }

    /// An administrator who issues keys, with a stepped-up one; made anew before it ends.
    var issuer: Caller {
        get async throws {
            if let (issuer, made) = issuing.withLock({ $0 }), made.duration(to: .now) < .seconds(600) {
                return Caller(url: try url, token: issuer.token)
            }
            let issuer = try await steppedUp("administrator", user: "issuer")
            issuing.withLock { $0 = (issuer, .now) }
            return issuer
        }
    }

    /// Somebody with a stepped-up key, which is made on the host alone.
    func steppedUp(_ role: String, user: String, _ more: [String] = []) async throws -> Caller {
        let outcome = try await run(["token", "issue", "--role", role, "--user", user, "--step-up", "--json"] + more)
        guard let token = (try? JSONReader.read(Array(outcome.output.utf8)))?.objectValue?["token"]?.stringValue else {
            throw TestFailure("no key: \(outcome.errors)")
        }
        return Caller(url: try url, token: token)
    }

    /// An administrator of another tenant.
    func stranger() async throws -> Caller {
        let outcome = try await run("token", "issue", "--role", "administrator", "--tenant", "tenant-\(UUID().uuidString)", "--json")
        guard let token = (try? JSONReader.read(Array(outcome.output.utf8)))?.objectValue?["token"]?.stringValue else {
            throw TestFailure("no key: \(outcome.errors)")
        }
        return Caller(url: try url, token: token)
    }

    /// Runs SQL in the store as the superuser.
    @discardableResult
    func administer(_ sql: String) async throws -> String {
        if let pair { return try await pair.cluster.administer(pair.store, sql) }
        return try await PostgresCluster.psql(socket: state + "/postgres-run", "gatehouse", sql)
    }

    /// Runs SQL in the vault as the superuser.
    func administerVault(_ sql: String) async throws -> String {
        if let pair { return try await pair.vaultCluster.administer(pair.vault, sql) }
        return try await PostgresCluster.psql(socket: state + "/postgres-run", "gatehouse_vault", sql)
    }

    /// Comes back when every event that was recorded so far has its place in the log, those in the spools of this host among them.
    func settleLog() async throws {
        for _ in 0..<1200 {
            if spooledFiles.isEmpty, try await administer("SELECT count(*) FROM audit_inbox") == "0" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the log does not take up what was recorded")
    }

    /// Waits until every event has its place, and the newest head is signed and stored.
    func settleHead() async throws {
        for _ in 0..<1200 {
            try await settleLog()
            let unsigned = """
                SELECT count(*) FROM audit_log l
                WHERE NOT EXISTS (SELECT FROM audit_checkpoint c WHERE (c.tenant_id, c.epoch, c.size) = (l.tenant_id, l.epoch, l.size))
                """
            if try await administer(unsigned) == "0" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the head of the log is not signed")
    }

    /// Segments of spools that wait for the database.
    var spooledFiles: [String] {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: state + "/audit")) ?? []
        return folders.filter { $0.hasPrefix("spool") }.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(state)/audit/\(folder)")) ?? []
            return names.filter { $0.hasSuffix(".frames") }.map { "\(state)/audit/\(folder)/\($0)" }
        }
    }

    func dump(_ database: String) async throws -> String {
        if let pair {
            return database == "gatehouse"
                ? try await PostgresCluster.dump(socket: pair.cluster.folder, pair.store)
                : try await PostgresCluster.dump(socket: pair.vaultCluster.folder, pair.vault)
        }
        return try await PostgresCluster.dump(socket: state + "/postgres-run", database)
    }

    func catalog() throws -> PolicyFolder { try PolicyFolder.load(policies) }
}

/// Comes back when something is so. Three minutes are longer than anything here takes on any machine, unless it is done once in some minutes.
func eventually(
    _ what: String, within patience: Duration = .seconds(180), _ location: SourceLocation = #_sourceLocation, _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while true {
        // One look more once it is late: nobody may have been let look for long.
        let isLate = ContinuousClock.now > deadline
        if try await isSo() { return }
        if isLate { break }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("not so after \(patience): \(what)", sourceLocation: location)
}

/// A name that no other test uses.
func unique(_ prefix: String = "x") -> String { prefix + "-" + UUID().uuidString.lowercased() }
