import Identity
import Sealing
import Synchronization
import Testing
import Vocabulary

struct IdentityTests {
    private let pepper = SymmetricKey(SecretBytes(copying: Array(0..<32)))
    private let tenant = TenantID(UUIDv7(high: 0, low: 1))

    private func record(
        _ key: APIKey, roles: [String] = ["rep"], generation: Int64 = 1, expiresAt: Instant? = nil, revokedAt: Instant? = nil
    ) -> CredentialRecord {
        CredentialRecord(
            id: key.id, tenant: tenant, user: "ann", roles: roles, teams: [], attributes: [:], isSteppedUp: false, defaultPurpose: "sales",
            code: key.code(under: pepper),
            createdAt: .now(), expiresAt: expiresAt, revokedAt: revokedAt, generation: generation
        )
    }

    // MARK: API keys

    @Test func `a made key reads back`() throws {
        let key = APIKey.make()
        let read = try #require(APIKey(key.revealed))
        #expect(key.revealed.utf8.count == 60)
        #expect(read.id == key.id)
        #expect(read.code(under: pepper) == key.code(under: pepper))
        #expect(Set((0..<1000).map { _ in APIKey.make().revealed }).count == 1000)
    }

    @Test(arguments: [
        "", "ghk_", "ghk_abcdefgh2345", "ghk_abcdefgh2345_short", "GHK_abcdefgh2345_0123456789012345678901234567890123456789abc",
        "ghk_ABCDEFGH2345_0123456789012345678901234567890123456789abc", "ghk_abcdefgh2345-0123456789012345678901234567890123456789abc",
        "ghk_abcdefgh234_0123456789012345678901234567890123456789abcd", " ghk_abcdefgh2345_0123456789012345678901234567890123456789ab",
        "ghk_abcdefgh2345_0123456789012345678901234567890123456789abcd", "ghk_abcd'--h2345_0123456789012345678901234567890123456789abc",
    ])
    func `another shape is no key`(text: String) {
        #expect(APIKey(text) == nil)
    }

    @Test func `a key prints its id and never its secret`() throws {
        let key = APIKey.make()
        let secret = String(key.revealed.suffix(43))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", dumped] {
            #expect(text.contains(key.id))
            #expect(!text.contains(secret))
        }
        #expect(Mirror(reflecting: key).children.map(\.label) == ["id"])
    }

    @Test func `a code depends on the secret and on the pepper`() throws {
        let key = APIKey.make()
        let last: Character = key.revealed.last == "A" ? "B" : "A"
        let other = try #require(APIKey(key.revealed.dropLast() + String(last)))
        #expect(other.id == key.id)
        #expect(other.code(under: pepper) != key.code(under: pepper))
        #expect(key.code(under: .random()) != key.code(under: pepper))
    }

    // MARK: Authentication

    @Test func `a live key becomes a principal`() async throws {
        let key = APIKey.make()
        let record = record(key, roles: ["rep", "lead", "rep"], generation: 7)
        let principal = try await Authenticator(pepper: pepper, lookups: .init(credential: { $0 == key.id ? record : nil })).authenticate(
            .init(key.revealed), at: .now())
        #expect(principal.tenant == tenant)
        #expect(principal.user == "ann")
        #expect(principal.app == key.id)
        #expect(principal.roles == ["lead", "rep"])
        #expect(principal.defaultPurpose == "sales")
        #expect(principal.liveness == Liveness(credential: key.id, generation: 7, user: .handle("ann"), userGeneration: 0))
    }

    @Test func `what is missing, malformed, unknown, wrong, expired or revoked is refused`() async throws {
        let key = APIKey.make()
        let now = Instant.now()
        func refusal(_ text: String?, _ record: CredentialRecord?) async -> AuthenticationFailure? {
            do {
                _ = try await Authenticator(pepper: pepper, lookups: .init(credential: { _ in record })).authenticate(.init(text), at: now)
                return nil
            } catch {
                return error
            }
        }
        #expect(await refusal(key.revealed, record(key)) == nil)
        #expect(await refusal(nil, record(key)) == .missing)
        #expect(await refusal("Bearer", record(key)) == .invalid)
        #expect(await refusal(key.revealed, nil) == .invalid)
        #expect(await refusal(key.revealed, record(APIKey.make())) == .invalid)
        #expect(await refusal(key.revealed, record(key, expiresAt: now)) == .invalid)
        #expect(await refusal(key.revealed, record(key, expiresAt: now.advanced(by: .seconds(1)))) == nil)
        #expect(await refusal(key.revealed, record(key, revokedAt: now.advanced(by: .seconds(-1)))) == .invalid)
    }

    @Test func `a store that cannot be asked is told apart from a wrong key`() async throws {
        struct Down: Error {}
        await #expect(throws: AuthenticationFailure.unavailable) {
            try await Authenticator(pepper: pepper, lookups: .init(credential: { _ in throw Down() })).authenticate(
                .init(APIKey.make().revealed), at: .now())
        }
    }

    @Test func `a record is looked up once, until it is forgotten`() async throws {
        let key = APIKey.make()
        let record = record(key)
        let counter = Counter()
        let authenticator = Authenticator(
            pepper: pepper,
            lookups: .init(credential: { _ in
                counter.add()
                return record
            }))
        for _ in 0..<3 { _ = try await authenticator.authenticate(.init(key.revealed), at: .now()) }
        #expect(counter.count == 1)
        authenticator.forget(try await authenticator.authenticate(.init(key.revealed), at: .now()))
        _ = try await authenticator.authenticate(.init(key.revealed), at: .now())
        #expect(counter.count == 2)
    }

    @Test func `a cached key with another secret is refused`() async throws {
        let key = APIKey.make()
        let record = record(key)
        let authenticator = Authenticator(pepper: pepper, lookups: .init(credential: { _ in record }))
        _ = try await authenticator.authenticate(.init(key.revealed), at: .now())
        let last: Character = key.revealed.last == "A" ? "B" : "A"
        await #expect(throws: AuthenticationFailure.invalid) {
            try await authenticator.authenticate(.init(String(key.revealed.dropLast()) + String(last)), at: .now())
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}
