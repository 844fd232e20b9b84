import Foundation
import Glibc
import Synchronization
import TestPostgres
import Testing
import Vocabulary

@testable import Archives

/// A medium whose clock, or whose willingness, is another.
private struct Odd: ArchiveMedium {
    let medium: any ArchiveMedium
    var skew = Duration.zero
    /// Whether a put fails, by its key.
    var fails: @Sendable (String) -> Bool = { _ in false }

    var name: String { medium.name }
    var drafts: String { medium.drafts }

    func list(_ prefix: String) async throws(MediumError) -> [MediumObject] {
        try await medium.list(prefix).map { MediumObject(key: $0.key, byteCount: $0.byteCount, modifiedAt: $0.modifiedAt.advanced(by: skew)) }
    }

    func read(_ key: String, from offset: Int, count: Int) async throws(MediumError) -> [UInt8] {
        try await medium.read(key, from: offset, count: count)
    }

    func put(_ bytes: [UInt8], at key: String, ifAbsent: Bool) async throws(MediumError) {
        if fails(key) { throw MediumError(.unavailable, key) }
        try await medium.put(bytes, at: key, ifAbsent: ifAbsent)
    }

    func publish(_ file: String, at key: String, progress: @Sendable (Int) -> Void) async throws(MediumError) {
        try await medium.publish(file, at: key, progress: progress)
    }

    func copy(_ source: String, replacing replaced: Int, by front: [UInt8], to key: String, progress: @Sendable (Int) -> Void)
        async throws(MediumError)
    { try await medium.copy(source, replacing: replaced, by: front, to: key, progress: progress) }

    func remove(_ keys: [String]) async throws(MediumError) { try await medium.remove(keys) }
}

private let quick = RepositoryLock.Timing(lease: .seconds(600), refresh: .milliseconds(100), poll: .milliseconds(20))

extension RepositoryLock {
    func held<Value: Sendable>(
        _ patience: Duration = .seconds(120), _ body: @escaping @Sendable () async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value { try await held(patience: patience, failing: { $0 }, body) }
}

/// A signal between two tasks.
private struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation
    init() { (stream, end) = AsyncStream.makeStream() }
    func give() { end.finish() }
    func wait() async { for await _ in stream {} }
}

/// Who is inside, and how many have been.
private final class Room: Sendable {
    private let counts = Mutex((inside: 0, entries: 0))
    var entries: Int { counts.withLock { $0.entries } }
    func enter() -> Int {
        counts.withLock { counts in
            counts.inside += 1
            counts.entries += 1
            return counts.inside
        }
    }
    func leave() { counts.withLock { $0.inside -= 1 } }
}

struct RepositoryLockTests {
    private func directory() async throws -> (DirectoryMedium, String) {
        let path = try TemporaryFolder.make() + "/repository"
        return (try await DirectoryMedium.open(path, making: true), path)
    }

    private func isLocked(_ error: ArchiveError?) -> Bool { if case .locked("backup", _)? = error { true } else { false } }

    @Test("of many contenders never two are inside, and all get in", arguments: MediumPlace.kinds)
    func contenders(_ kind: MediumPlace.Kind) async throws {
        let place = try await MediumPlace.make(kind)
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let medium = try await place.open()
                    for _ in 0..<4 {
                        try await RepositoryLock(medium, "backup", timing: quick).held { () async throws(ArchiveError) in
                            #expect(room.enter() == 1)
                            for _ in 0..<20 { await Task.yield() }
                            room.leave()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(room.entries == 48)
        #expect(try await place.open().keys() == [])
    }

    @Test("locks of different names do not wait for each other; one that is held is refused in words")
    func names() async throws {
        let (medium, _) = try await directory()
        let lock = RepositoryLock(medium, "backup", timing: quick)
        let error = try await lock.held { () async throws(ArchiveError) -> ArchiveError? in
            try await RepositoryLock(medium, "prune", timing: quick).held(.zero) {}
            do throws(ArchiveError) { try await RepositoryLock(medium, "backup", timing: quick).held(.zero) {} } catch { return error }
            return nil
        }
        guard case .locked("backup", let holder)? = error else { throw TestFailure("\(String(describing: error))") }
        #expect(holder.hasPrefix("process \(getpid()) on "))
        try await RepositoryLock(medium, "backup", timing: quick).held(.zero) {}
        #expect(try await medium.keys() == [])
    }

    @Test("what the body throws comes out, and the lock is given back; so it is when the task is cancelled")
    func ending() async throws {
        let (medium, _) = try await directory()
        let error = await #expect(throws: ArchiveError.self) {
            try await RepositoryLock(medium, "backup", timing: quick).held { () async throws(ArchiveError) in throw .gap("segment") }
        }
        #expect(error == .gap("segment"))
        #expect(try await medium.keys() == [])
        let entered = Signal()
        let task = Task {
            try await RepositoryLock(medium, "backup", timing: quick).held { () async throws(ArchiveError) in
                entered.give()
                try? await Task.sleep(for: .seconds(1000))
            }
        }
        await entered.wait()
        #expect(try await medium.keys().count == 1)
        task.cancel()
        try await task.value
        #expect(try await medium.keys() == [])
    }

    @Test("what was left by a process of this host that is gone is passed over at once; a living one's, another host's or an unreadable one's is not")
    func left() async throws {
        let (medium, _) = try await directory()
        let here = LockHolder.current(at: .now())
        let gone = try Child(["/bin/true"], environment: [:], folder: "/", input: "/dev/null", output: "/dev/null", errors: "/dev/null")
        _ = await gone.wait()
        func left(_ bytes: [UInt8]) async throws -> Bool {
            try await medium.put(bytes, at: "locks/backup/0.json", ifAbsent: false)
            do throws(ArchiveError) { try await RepositoryLock(medium, "backup", timing: quick).held(.zero) {} } catch {
                #expect(isLocked(error))
                return false
            }
            #expect(try await medium.keys() == [])
            return true
        }
        func holder(_ pid: Int32, _ start: Int64, realm: String = here.realm) -> [UInt8] {
            LockHolder(host: here.host, realm: realm, pid: pid, start: start, since: here.since).bytes
        }
        #expect(try await left(holder(gone.pid, 12345)))
        // The number of a living process, which has begun at another time.
        #expect(try await left(holder(here.pid, here.start - 1)))
        #expect(try await !left(here.bytes))
        #expect(try await !left(holder(gone.pid, 12345, realm: "another boot pid:[4026531836]")))
        #expect(try await !left(Array("garbage".utf8)))
        #expect(try await !left([]))
    }

    @Test(
        "what was not refreshed for ten minutes of the medium's clock is passed over, whatever our clock and the holder's say", arguments: [-3, 0, 3])
    func stale(_ hours: Int) async throws {
        let (medium, path) = try await directory()
        let odd = Odd(medium: medium, skew: .seconds(hours * 3600))
        for (age, isStale) in [(605, true), (590, false), (-100, false)] {
            try await medium.put("unreadable", at: "locks/backup/0.json")
            let time = timespec(tv_sec: time(nil) - age, tv_nsec: 0)
            #expect(utimensat(AT_FDCWD, path + "/locks/backup/0.json", [time, time], 0) == 0)
            var locked = false
            do throws(ArchiveError) { try await RepositoryLock(odd, "backup", timing: quick).held(.zero) {} } catch { locked = isLocked(error) }
            #expect(locked != isStale, "\(age)")
        }
    }

    @Test("a holder that cannot say that it is there is cancelled before others take over")
    func sleeping() async throws {
        let (medium, _) = try await directory()
        let timing = RepositoryLock.Timing(lease: .seconds(3), refresh: .milliseconds(100), poll: .milliseconds(20))
        let isCut = Mutex(false)
        let cut: @Sendable (String) -> Bool = { _ in isCut.withLock { $0 } }
        let ended = Mutex(false)
        let entered = Signal()
        let holding = Task { () async -> ArchiveError? in
            do throws(ArchiveError) {
                try await RepositoryLock(Odd(medium: medium, fails: cut), "backup", timing: timing).held { () async throws(ArchiveError) in
                    isCut.withLock { $0 = true }
                    entered.give()
                    try? await Task.sleep(for: .seconds(1000))
                    ended.withLock { $0 = true }
                }
            } catch { return error }
            return nil
        }
        await entered.wait()
        // Its object is removed only when it has ended, or by this one when it is stale: the body has ended either way.
        try await RepositoryLock(medium, "backup", timing: timing).held { #expect(ended.withLock { $0 }) }
        #expect(isLocked(await holding.value))
    }

    @Test("a holder that was killed is passed over at once, and one that is stopped is waited for")
    func killed() async throws {
        let (medium, path) = try await directory()
        let folder = try TemporaryFolder.make()
        let child = try Child(
            LockChild.command, environment: Program.clean.merging(["GATEHOUSE_TEST_LOCK": path]) { $1 }, folder: folder, input: "/dev/null",
            output: folder + "/out", errors: folder + "/out")
        while child.isAlive, try await !medium.keys().contains("inside") { try await Task.sleep(for: .milliseconds(20)) }
        try #require(child.isAlive, "\(Program.text(folder + "/out"))")
        var refusal: ArchiveError?
        kill(child.pid, SIGSTOP)
        do throws(ArchiveError) { try await RepositoryLock(medium, "backup", timing: quick).held(.zero) {} } catch { refusal = error }
        #expect(isLocked(refusal))
        kill(child.pid, SIGKILL)
        _ = await child.wait()
        try await RepositoryLock(medium, "backup", timing: quick).held(.zero) {}
    }
}

/// What the process that is killed does: this very test, in a process of its own.
struct LockChild {
    static var command: [String] { PublishChild.command.dropLast() + ["LockChild"] }
    private static let path = ProcessInfo.processInfo.environment["GATEHOUSE_TEST_LOCK"]

    @Test("holds a lock for ever", .enabled(if: path != nil, "only in the process of another test"))
    func hold() async throws {
        let medium = try await DirectoryMedium.open(try #require(Self.path), making: true)
        try await RepositoryLock(medium, "backup").held { () async throws(ArchiveError) in
            do throws(MediumError) { try await medium.put("inside", at: "inside") } catch { throw .medium(error) }
            try? await Task.sleep(for: .seconds(1000))
        }
    }
}
