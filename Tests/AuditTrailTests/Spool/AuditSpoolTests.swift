import AuditTrail
import Foundation
import Glibc
import TestPostgres
import Testing

/// The spool as long as nothing breaks.
struct AuditSpoolTests {
    @Test func `a new spool is empty, and for its owner only`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open()
        #expect(spool.isEmpty && spool.frameCount == 0 && spool.byteCount == 0)
        #expect(try await spool.next() == nil)
        #expect(await spool.recovery == SpoolRecovery())
        try await spool.append(frames("a", 1))
        let attributes = try FileManager.default.attributesOfItem(atPath: place.folder)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        for name in try place.names("") {
            let attributes = try FileManager.default.attributesOfItem(atPath: place.folder + "/" + name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func `frames come back in order, whatever they hold`() async throws {
        let spool = try await SpoolPlace().open(segmentByteCount: 1000)
        var expected: [[UInt8]] = []
        for number in 0..<50 {
            let batch = frames("batch \(number)", number % 7, length: number) + [[], [0], [UInt8](repeating: 0, count: 64)]
            try await spool.append(batch)
            expected += batch
        }
        #expect(spool.frameCount == expected.count)
        #expect(try await spool.drain() == expected)
        #expect(spool.isEmpty && spool.byteCount == 0)
    }

    @Test func `the same frames come until they are discarded, and do not come again after that`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open()
        try await spool.append(frames("a", 3))
        let first = try #require(try await spool.next())
        #expect(try await spool.next() == first)
        // What comes while they are being put elsewhere waits for its turn.
        try await spool.append(frames("b", 2))
        #expect(try await spool.next() == first)
        try await spool.discard(first.token)
        try await spool.discard(first.token)
        let second = try #require(try await spool.next())
        #expect(second.frames == frames("b", 2))
        await spool.close()
        let again = try await place.open()
        #expect(try await again.drain() == frames("b", 2))
    }

    @Test func `what was acknowledged is there when the spool is opened again`() async throws {
        let place = try SpoolPlace()
        for round in 0..<5 {
            let spool = try await place.open(segmentByteCount: 100)
            #expect(await spool.recovery == SpoolRecovery(frames: round * 3))
            #expect(spool.frameCount == round * 3)
            try await spool.append(frames("round \(round)", 3))
            await spool.close()
        }
        let spool = try await place.open()
        #expect(try await spool.drain() == (0..<5).flatMap { frames("round \($0)", 3) })
        #expect(try place.names(".frames").isEmpty)
    }

    @Test func `a spool has one process at a time`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open()
        await refused(.inUse) { _ = try await place.open() }
        try await spool.append(frames("a", 1))
        await spool.close()
        let next = try await place.open()
        #expect(next.frameCount == 1)
    }

    @Test func `a closed spool takes and gives nothing`() async throws {
        let spool = try await SpoolPlace().open()
        try await spool.append(frames("a", 1))
        let batch = try #require(try await spool.next())
        await spool.close()
        await spool.close()
        await refused(.closed) { try await spool.append(frames("b", 1)) }
        await refused(.closed) { _ = try await spool.next() }
        await refused(.closed) { try await spool.discard(batch.token) }
        try await spool.append([])
    }

    // MARK: The cap

    @Test func `the cap is never passed, and nothing is taken in part`() async throws {
        let place = try SpoolPlace()
        let capacity = 4000
        let spool = try await place.open(capacity: capacity, segmentByteCount: 500)
        var taken: [[UInt8]] = []
        for number in 0..<100 {
            let batch = frames("batch \(number)", 1 + number % 5, length: 30)
            do throws(SpoolError) {
                try await spool.append(batch)
                taken += batch
            } catch {
                #expect(error == .full)
            }
            let onDisk = try place.names(".frames").reduce(0) { $0 + (try place.read($1).count) }
            #expect(onDisk == spool.byteCount && onDisk <= capacity)
        }
        #expect(taken.count > 30 && spool.frameCount == taken.count)
        #expect(try await spool.drain() == taken)
    }

    @Test func `a batch that fits exactly is taken, one with a byte more is not`() async throws {
        let spool = try await SpoolPlace().open(capacity: 100)
        await refused(.full) { try await spool.append([[UInt8](repeating: 1, count: 65)]) }
        #expect(spool.isEmpty && spool.byteCount == 0)
        try await spool.append([[UInt8](repeating: 1, count: 64)])
        #expect(spool.byteCount == 100)
        await refused(.full) { try await spool.append([[]]) }
    }

    @Test func `a spool that is never empty does not grow by what was consumed`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open(capacity: 10_000, segmentByteCount: 1000)
        var put: [[UInt8]] = []
        var got: [[UInt8]] = []
        try await spool.append(frames("first", 20, length: 50))
        put += frames("first", 20, length: 50)
        for round in 0..<200 {
            let batch = frames("round \(round)", 20, length: 50)
            try await spool.append(batch)
            put += batch
            let next = try #require(try await spool.next())
            got += next.frames
            try await spool.discard(next.token)
            #expect(!spool.isEmpty && spool.byteCount <= 10_000)
        }
        got += try await spool.drain()
        #expect(got == put)
    }

    @Test func `a spool that holds more than a lowered cap gives, and takes nothing until there is room`() async throws {
        let place = try SpoolPlace()
        try await place.fill([frames("a", 10, length: 100)])
        let spool = try await place.open(capacity: 500)
        await refused(.full) { try await spool.append(frames("b", 1)) }
        #expect(try await spool.drain() == frames("a", 10, length: 100))
        try await spool.append(frames("b", 1))
    }

    // MARK: Many at once

    @Test func `many writers and a reader lose nothing, and each writer's frames stay in order`() async throws {
        let spool = try await SpoolPlace().open(capacity: 64 << 20, segmentByteCount: 4000)
        let (writers, rounds) = (16, 40)
        let got = try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask { for round in 0..<rounds { try await spool.append(frames("\(writer)/\(round)", 2)) } }
            }
            var got: [[UInt8]] = []
            while got.count < writers * rounds * 2 {
                guard let batch = try await spool.next() else {
                    await Task.yield()
                    continue
                }
                got += batch.frames
                try await spool.discard(batch.token)
            }
            try await group.waitForAll()
            return got
        }
        #expect(got.count == writers * rounds * 2 && spool.isEmpty)
        for writer in 0..<writers {
            let own = got.filter { String(decoding: $0, as: UTF8.self).hasPrefix("\(writer)/") }
            #expect(own == (0..<rounds).flatMap { frames("\(writer)/\($0)", 2) })
        }
    }

    @Test func `writers that come while the disk is busy share a write`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open(capacity: 64 << 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<200 { group.addTask { try await spool.append(frames("\(writer)", 1)) } }
            try await group.waitForAll()
        }
        let frameBytes = (0..<200).reduce(0) { $0 + 4 + frames("\($1)", 1)[0].count }
        let records = (spool.byteCount - frameBytes) / 32
        #expect(records < 200, "\(records) writes")
        #expect(try await Set(spool.drain()) == Set((0..<200).flatMap { frames("\($0)", 1) }))
    }

    @Test func `a cancelled writer's frames are there or were refused`() async throws {
        let spool = try await SpoolPlace().open()
        let task = Task { try await spool.append(frames("a", 1)) }
        task.cancel()
        try await task.value
        #expect(try await spool.drain() == frames("a", 1))
    }
}
