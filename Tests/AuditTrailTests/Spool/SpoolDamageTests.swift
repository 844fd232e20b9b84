import AuditTrail
import Foundation
import Glibc
import TestPostgres
import Testing

/// The spool after crashes, on bad disks and on full ones.
struct SpoolDamageTests {
    private let batches = [frames("first", 2), frames("second", 1, length: 20), frames("third", 3)]

    // MARK: Crashes

    @Test func `a crash at any byte of a write leaves what was acknowledged before`() async throws {
        let place = try SpoolPlace()
        try await place.fill(Array(batches.prefix(1)))
        let name = try #require(try place.names(".frames").first)
        let first = try place.read(name).count
        try place.reset([:])
        try await place.fill(batches)
        let whole = try place.read(name)
        // How many frames are there, by the length that the file was cut to.
        for length in first...whole.count {
            try place.reset([name: Array(whole.prefix(length))])
            let spool = try await place.open()
            let recovery = await spool.recovery
            #expect(recovery.damages.isEmpty)
            let expected = batches.prefix(recovery.frames == 2 ? 1 : recovery.frames == 3 ? 2 : 3).flatMap { $0 }
            #expect(recovery.tornBytes == length - spool.byteCount)
            #expect(try place.read(name).count == spool.byteCount)
            if length == whole.count { #expect(recovery == SpoolRecovery(frames: 6)) }
            // It goes on behind the cut.
            try await spool.append(frames("later", 1))
            #expect(try await spool.drain() == expected + frames("later", 1))
            await spool.close()
        }
    }

    @Test func `a crash within the very first write leaves an empty spool`() async throws {
        let place = try SpoolPlace()
        try await place.fill([frames("a", 2)])
        let name = try #require(try place.names(".frames").first)
        let whole = try place.read(name)
        for length in 0..<whole.count {
            try place.reset([name: Array(whole.prefix(length))])
            let spool = try await place.open()
            #expect(await spool.recovery == SpoolRecovery(tornBytes: length))
            #expect(try place.names(".frames").isEmpty)
            await spool.close()
        }
    }

    @Test func `a length that was durable before its content is a torn write`() async throws {
        let place = try SpoolPlace()
        try await place.fill([frames("a", 2)])
        let name = try #require(try place.names(".frames").first)
        try place.write(name, try place.read(name) + [UInt8](repeating: 0, count: 5000))
        let spool = try await place.open()
        #expect(await spool.recovery == SpoolRecovery(frames: 2, tornBytes: 5000))
        #expect(try await spool.drain() == frames("a", 2))
    }

    // MARK: Damage

    @Test func `a flipped bit anywhere is told with its place, and nothing is lost`() async throws {
        let place = try SpoolPlace()
        try await place.fill(batches)
        let name = try #require(try place.names(".frames").first)
        let whole = try place.read(name)
        for position in whole.indices {
            var damaged = whole
            damaged[position] ^= 1 << UInt8(position % 8)
            try place.reset([name: damaged])
            let spool = try await place.open()
            let recovery = await spool.recovery
            let damage = try #require(recovery.damages.first, "\(position)")
            #expect(recovery.damages.count == 1 && recovery.tornBytes == 0)
            #expect(damage.segment == 1 && damage.position <= position)
            // What lies aside is what was found, and what stood before the damage is still in order.
            #expect(try place.read(damage.file) == damaged)
            let expected = batches.prefix(recovery.frames == 0 ? 0 : recovery.frames == 2 ? 1 : 2).flatMap { $0 }
            try await spool.append(frames("later", 1))
            #expect(try await spool.drain() == expected + frames("later", 1))
            await spool.close()
            // It is told once.
            let again = try await place.open()
            #expect(await again.recovery == SpoolRecovery())
            #expect(try place.read(damage.file) == damaged)
            await again.close()
        }
    }

    @Test func `a segment in the middle that is too short is damaged, not torn`() async throws {
        let place = try SpoolPlace()
        try await place.fill(batches, segmentByteCount: 1)
        let names = try place.names(".frames")
        #expect(names.count == 3)
        let middle = try place.read(names[1])
        try place.write(names[1], Array(middle.dropLast()))
        let spool = try await place.open()
        let recovery = await spool.recovery
        #expect(recovery.damages.map(\.segment) == [2] && recovery.damages.map(\.position) == [0])
        #expect(try await spool.drain() == batches[0] + batches[2])
    }

    @Test func `blocks of another segment do not pass for this one's`() async throws {
        let place = try SpoolPlace()
        try await place.fill(batches, segmentByteCount: 1)
        let names = try place.names(".frames")
        try place.write(names[2], try place.read(names[0]))
        let spool = try await place.open()
        #expect(await spool.recovery.damages.map(\.segment) == [3])
    }

    @Test func `damage that comes while the spool is open is told when it is read`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open()
        for batch in batches { try await spool.append(batch) }
        let name = try #require(try place.names(".frames").first)
        var bytes = try place.read(name)
        bytes[bytes.count - 1] ^= 0x80
        try place.write(name, bytes)
        let error = await #expect(throws: SpoolError.self) { _ = try await spool.next() }
        guard case .damaged(let damage) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(damage.segment == 1 && damage.position > 0)
        #expect(try place.read(damage.file) == bytes)
        #expect(spool.frameCount == 3)
        try await spool.append(frames("later", 1))
        #expect(try await spool.drain() == batches[0] + batches[1] + frames("later", 1))
    }

    @Test func `a second damage of the same segment does not cover the first`() async throws {
        let place = try SpoolPlace()
        try await place.fill(batches)
        let name = try #require(try place.names(".frames").first)
        var files: Set<String> = []
        for _ in 0..<2 {
            var bytes = try place.read(name)
            bytes[bytes.count - 1] ^= 1
            try place.write(name, bytes)
            let spool = try await place.open()
            for damage in await spool.recovery.damages {
                files.insert(damage.file)
                #expect(try place.read(damage.file) == bytes)
            }
            await spool.close()
        }
        #expect(files.count == 2)
    }

    @Test func `what is no segment is left alone`() async throws {
        let place = try SpoolPlace()
        try await place.fill([frames("a", 1)])
        try place.write("notes.txt", [1, 2, 3])
        let spool = try await place.open()
        #expect(try await spool.drain() == frames("a", 1))
        #expect(try place.read("notes.txt") == [1, 2, 3])
    }

    // MARK: Disks that refuse

    @Test func `a folder that went away is told, and writing goes on when it is back`() async throws {
        let place = try SpoolPlace()
        let spool = try await place.open()
        try FileManager.default.moveItem(atPath: place.folder, toPath: place.folder + ".away")
        await refused(.unwritable(ENOENT)) { try await spool.append(frames("a", 1)) }
        #expect(spool.isEmpty && spool.byteCount == 0)
        try FileManager.default.moveItem(atPath: place.folder + ".away", toPath: place.folder)
        try await spool.append(frames("b", 1))
        #expect(try await spool.drain() == frames("b", 1))
    }

    /// A file system of 64 KiB in memory, which is really full. Only root may mount one.
    @Test(.enabled(if: geteuid() == 0, "a small file system cannot be mounted: what a full disk does is not tried"))
    func `a full disk refuses, keeps what was acknowledged, and takes more when there is room`() async throws {
        let mounted = try SmallDisk()
        defer { mounted.unmount() }
        let spool = try await AuditSpool.open(folder: mounted.path + "/spool", capacity: 1 << 20, segmentByteCount: 16 << 10)
        var taken: [[UInt8]] = []
        var refusals = 0
        for number in 0..<40 {
            let batch = frames("batch \(number)", 3, length: 1000)
            do throws(SpoolError) {
                try await spool.append(batch)
                taken += batch
            } catch {
                #expect(error == .unwritable(ENOSPC))
                refusals += 1
            }
        }
        #expect(refusals > 5 && taken.count > 15 && spool.frameCount == taken.count)
        // A second opening finds the same, with nothing to cut off.
        await spool.close()
        let again = try await AuditSpool.open(folder: mounted.path + "/spool", capacity: 1 << 20, segmentByteCount: 16 << 10)
        #expect(await again.recovery == SpoolRecovery(frames: taken.count))
        let oldest = try #require(try await again.next())
        try await again.discard(oldest.token)
        try await again.append(frames("later", 1))
        #expect(try await again.drain() == taken.dropFirst(oldest.frames.count) + frames("later", 1))
        await again.close()
    }
}

/// A file system of 64 KiB in memory.
private struct SmallDisk {
    let path: String

    init() throws {
        path = try TemporaryFolder.make() + "/disk"
        guard mkdir(path, 0o700) == 0, mount("gatehouse-test", path, "tmpfs", 0, "size=64k") == 0 else {
            throw TestFailure("no small file system can be mounted (\(errno))")
        }
    }

    func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
