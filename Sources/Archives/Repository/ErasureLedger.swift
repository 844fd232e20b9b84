import DataFormats
package import Sealing
package import SubjectRights
import Synchronization
package import Vocabulary

/// What was erased, beside the backups that still hold it: after a restore it is erased again.
///
/// A signed statement for each batch, numbered 1, 2, 3 and so on without a gap, so that none can be taken away unnoticed: from the middle by
/// the gap, from the end by the number that a later manifest names. Who was erased is sealed for the recipients of backups; whoever only
/// writes cannot read it again.
package final class ErasureLedger: Sendable {
    /// So many people in one entry at most: what one is put as stays far below what a medium puts in one piece.
    package static let batchLimit = 10_000

    package let repository: ArchiveRepository
    private let recipients: [AgeRecipient]
    /// The last number that was seen. Numbers only grow, so that an old one costs a second look.
    private let seen = Mutex(0)

    /// - Parameter recipients: whom entries are sealed for; none where the ledger is only read.
    package init(_ repository: ArchiveRepository, recipients: [AgeRecipient] = []) {
        self.repository = repository
        self.recipients = recipients
    }

    // MARK: Writing

    /// Adds what was erased, durably, before this returns. Of several who add at the same moment each gets a number of its own.
    ///
    /// Cancelled, or with the connection lost, it may have been added all the same: adding it again is harmless.
    /// - Returns: its number.
    @discardableResult
    package func append(_ batch: ErasureBatch, of tenant: TenantID, at moment: Instant = .now()) async throws(ArchiveError) -> Int {
        guard recipients.count >= 2 else { throw .tooFewRecipients(recipients.count) }
        let content: [UInt8]
        do { content = try CanonicalJSON.bytes(of: .object(batch.object)) } catch {
            throw .damaged(RepositoryLayout.erasures, "it has no canonical form")
        }
        var statement: JSONObject = [
            "format": 1, "tenant": .string(tenant.description), "recorded_at": .string(moment.description),
            "count": .number(JSONNumber(batch.people.count)), "sealed": .string(Base64.encode(AgeFile.seal(content, to: recipients))),
        ]
        var last = seen.withLock { $0 }
        if last == 0 { last = try await listed().last }
        while true {
            let number = last + 1
            statement["number"] = .number(JSONNumber(number))
            do throws(ArchiveError) {
                try await repository.put(statement, as: .erasureLedger, at: RepositoryLayout.erasure(number), ifAbsent: true)
            } catch {
                guard case .medium(let failure) = error, failure.code == .exists else { throw error }
                // The medium may be slow to list what it has.
                last = max(try await listed().last, number)
                continue
            }
            // What stood here may have been dropped since it was seen: nobody reads an entry before the first that is needed.
            let begin = try await begin()
            if begin <= number {
                seen.withLock { $0 = max($0, number) }
                return number
            }
            last = max(try await listed().last, begin)
        }
    }

    /// Drops what no backup needs any more: entries up to a number, which is not the last one's. What was begun and not finished goes with it.
    ///
    /// - Returns: how many went.
    @discardableResult
    package func drop(through number: Int) async throws(ArchiveError) -> Int {
        let (numbers, last) = try await listed()
        // The last one stays, so that whoever adds finds where the numbers are.
        let begin = max(try await begin(), min(number, last - 1) + 1)
        guard begin > 1 else { return 0 }
        // First it is said that they are not missing.
        try await repository.put(["format": 1, "begin": .number(JSONNumber(begin))], as: .erasureLedger, at: RepositoryLayout.erasuresBegin)
        let dropped = numbers.filter { $0 < begin }
        do { try await repository.medium.remove(dropped.map { RepositoryLayout.erasure($0) }) } catch { throw .medium(error) }
        return dropped.count
    }

    // MARK: Reading

    private static let readAtOnce = 8

    /// The number of the last entry; 0 before the first. A manifest names it, so that none is missed from the end.
    package func last() async throws(ArchiveError) -> Int {
        let last = max(try await listed().last, try await begin() - 1)
        seen.withLock { $0 = max($0, last) }
        return last
    }

    /// The numbers of the entries that there are, each of which is to be read.
    ///
    /// - Parameters:
    ///   - number: entries before are left out; those that were dropped are, too.
    ///   - expected: a number that the ledger has had, from a manifest or a vault.
    /// - Throws: `damaged` with the key of the first entry that is missing.
    package func numbers(from number: Int = 1, through expected: Int = 0) async throws(ArchiveError) -> Range<Int> {
        // In this order: of what is dropped meanwhile it is said before that it is not needed.
        let (numbers, last) = try await listed()
        let begin = try await begin()
        let from = max(number, begin)
        var next = from
        for present in numbers where present >= from {
            guard present == next else { break }
            next += 1
        }
        guard next > max(last, expected) else { throw .damaged(RepositoryLayout.erasure(next), Self.missing) }
        return from..<next
    }

    /// Reads entries whose signature, place and content are right.
    ///
    /// - Parameters:
    ///   - numbers: some at once, which are read beside each other; up to a hundred is good for media that are far away.
    ///   - identities: of whom one can open them.
    package func entries(_ numbers: Range<Int>, with identities: [AgeIdentity]) async throws(ArchiveError) -> [Entry] {
        var entries: [Entry] = []
        for from in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.readAtOnce) {
            let part = from..<min(from + Self.readAtOnce, numbers.upperBound)
            // Tasks of their own, awaited in order: a few at a time, and the first that fails is the one that is told.
            let tasks = part.map { number in
                Task { () async -> Result<Entry, ArchiveError> in
                    do throws(ArchiveError) { return .success(try await self.entry(number, identities)) } catch { return .failure(error) }
                }
            }
            for task in tasks { entries.append(try await task.value.get()) }
        }
        return entries
    }

    /// One batch, as it was written.
    package struct Entry: Sendable, Equatable {
        package let number: Int
        package let tenant: TenantID
        package let recordedAt: Instant
        package let batch: ErasureBatch
    }

    func entry(_ number: Int, _ identities: [AgeIdentity]) async throws(ArchiveError) -> Entry {
        let key = RepositoryLayout.erasure(number)
        let statement = try await statement(number)
        let content: [UInt8]
        do { content = try AgeFile.open(statement.sealed, with: identities) } catch { throw .sealed(key, error) }
        guard let object = (try? JSONReader.read(content))?.objectValue, let batch = ErasureBatch(object) else {
            throw .damaged(key, "what it has sealed cannot be read")
        }
        guard statement.count == .number(JSONNumber(batch.people.count)) else {
            throw .damaged(key, "it has sealed more or fewer people than it says")
        }
        return Entry(number: number, tenant: statement.tenant, recordedAt: statement.recordedAt, batch: batch)
    }

    /// What is signed of an entry, as far as it is not sealed.
    struct Statement {
        let tenant: TenantID
        let recordedAt: Instant
        let count: JSONValue?
        let sealed: [UInt8]
    }

    func statement(_ number: Int) async throws(ArchiveError) -> Statement {
        let key = RepositoryLayout.erasure(number)
        let statement: JSONObject
        do throws(ArchiveError) { statement = try await repository.statement(.erasureLedger, at: key) } catch {
            if case .medium(let failure) = error, failure.code == .missing { throw .damaged(key, Self.missing) }
            throw error
        }
        guard statement["number"] == .number(JSONNumber(number)) else { throw .damaged(key, "it is another entry, put in this one's place") }
        guard statement["format"] == 1, let tenant = statement["tenant"]?.stringValue.flatMap({ UUIDv7($0) }),
            let recordedAt = statement["recorded_at"]?.stringValue.flatMap({ Instant($0) }),
            let sealed = statement["sealed"]?.stringValue.flatMap({ Base64.decode($0) })
        else { throw .damaged(key, "it is no entry of a kind that is known here") }
        return Statement(tenant: TenantID(tenant), recordedAt: recordedAt, count: statement["count"], sealed: sealed)
    }

    // MARK: Numbers

    static let missing = "this entry is missing: an erasure may be in it that a restore has to do again"

    func listed() async throws(ArchiveError) -> (numbers: [Int], last: Int) {
        let objects: [MediumObject]
        do { objects = try await repository.medium.list(RepositoryLayout.erasures) } catch { throw .medium(error) }
        let numbers = objects.compactMap { RepositoryLayout.erasureNumber($0.key) }
        return (numbers, numbers.last ?? 0)
    }

    /// The first entry that is needed.
    func begin() async throws(ArchiveError) -> Int {
        do throws(ArchiveError) {
            let statement = try await repository.statement(.erasureLedger, at: RepositoryLayout.erasuresBegin)
            guard case .number(let number)? = statement["begin"], let begin = number.integer, begin > 0 else {
                throw .damaged(RepositoryLayout.erasuresBegin, "it does not say where the ledger begins")
            }
            return Int(begin)
        } catch {
            if case .medium(let failure) = error, failure.code == .missing { return 1 }
            throw error
        }
    }
}
