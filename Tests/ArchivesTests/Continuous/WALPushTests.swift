import Archives
import Foundation
import TestPostgres
import Testing
import Vocabulary

struct WALPushTests {
    private func contents(_ path: String) -> [UInt8] { Array(FileManager.default.contents(atPath: path) ?? Data()) }

    private func names(_ place: LogPlace) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: place.objects + "/00000001").sorted()
    }

    @Test("a segment that was pushed is fetched as it was, and rests sealed")
    func roundTrip() async throws {
        let place = try await LogPlace.make()
        let path = try place.write(place.segment(3))
        #expect(try await place.push(path) == .sent)
        let object = try #require(try names(place).first { $0.hasSuffix(".age") })
        #expect(contents("\(place.objects)/00000001/\(object)").starts(with: Array("age-encryption.org/v1\n".utf8)))
        for identity in [place.identity, place.offline] {
            let there = try await place.repository.fetch(
                .segment(place.segment(3)), of: place.system, with: [identity], to: place.folder + "/fetched")
            #expect(there)
            #expect(contents(place.folder + "/fetched") == contents(path))
        }
    }

    @Test("pushed again with the same content it is there already, with other content it is refused, and the first stays")
    func again() async throws {
        let place = try await LogPlace.make()
        let path = try place.write(place.segment(3))
        #expect(try await place.push(path) == .sent)
        #expect(try await place.push(path) == .known)
        let first = contents(path)
        try place.write(place.segment(3), filler: 0x42)
        let error = await #expect(throws: ArchiveError.self) { try await place.push(path) }
        #expect(error == .differs("wal/\(place.system)/00000001/000000010000000000000003.json"))
        _ = try await place.repository.fetch(
            .segment(place.segment(3)), of: place.system, with: [place.identity], to: place.folder + "/fetched")
        #expect(contents(place.folder + "/fetched") == first)
    }

    @Test("of many who push a segment at the same time all succeed, and one object is left")
    func together() async throws {
        let place = try await LogPlace.make()
        let path = try place.write(place.segment(3))
        let outcomes = try await withThrowingTaskGroup(of: ArchiveRepository.Push.self) { group in
            for _ in 0..<12 { group.addTask { try await place.push(path) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .sent } == 1)
        _ = try await place.push(path)
        #expect(try names(place).count == 2)
        #expect(
            try await place.repository.fetch(
                .segment(place.segment(3)), of: place.system, with: [place.identity], to: place.folder + "/fetched"))
    }

    @Test("what a push left that was killed before its statement counts for nothing, and the next one removes it")
    func leftover() async throws {
        let place = try await LogPlace.make()
        let path = try place.write(place.segment(3))
        #expect(try await place.push(path) == .sent)
        let statement = "\(place.objects)/00000001/000000010000000000000003.json"
        try FileManager.default.removeItem(atPath: statement)
        #expect(
            try await !place.repository.fetch(
                .segment(place.segment(3)), of: place.system, with: [place.identity], to: place.folder + "/fetched"))
        #expect(try await place.push(path) == .sent)
        #expect(try names(place).count == 2)
    }

    @Test("a cluster that nobody accepted is refused, and so is one whose segments have another size")
    func foreign() async throws {
        let place = try await LogPlace.make(isAccepted: false)
        let path = try place.write(place.segment(3))
        var error = await #expect(throws: ArchiveError.self) { try await place.push(path) }
        #expect(error == .unacceptedCluster(place.system))
        let other = try #require(WALSegmentSize(byteCount: 16 << 20))
        try await place.repository.accept(WALAcceptance(system: place.system, size: other, acceptedAt: .now()))
        error = await #expect(throws: ArchiveError.self) { try await place.push(path) }
        #expect(error == .foreignFile("000000010000000000000003", "segments of its cluster have another size"))
    }

    @Test("a file that is not what its name says is refused")
    func misnamed() async throws {
        let place = try await LogPlace.make()
        let content = contents(try place.write(place.segment(3)))
        for (name, bytes) in [
            ("000000010000000000000004", content), ("000000010000000000000005", Array(content.dropLast())), ("000000010000000000000006", []),
            ("notes.txt", content), ("00000002.history", Array("nonsense".utf8)),
        ] {
            let path = try place.write(name, bytes)
            await #expect(throws: ArchiveError.self, "\(name)") { try await place.push(path) }
        }
    }

    @Test("the beginning of a segment, a history and a note of a base backup are taken, too")
    func others() async throws {
        let place = try await LogPlace.make()
        let history = try place.write("00000002.history", Array("1\t0/310000\tno recovery target specified\n".utf8))
        let note = try place.write("000000010000000000000002.00000028.backup", Array("START WAL LOCATION: 0/200028\n".utf8))
        let partial = try place.write(place.segment(3), ending: ".partial")
        for path in [history, note, partial] {
            #expect(try await place.push(path) == .sent)
            let file = try #require(WALFile(String(path.split(separator: "/").last ?? "")))
            #expect(try await place.repository.fetch(file, of: place.system, with: [place.identity], to: place.folder + "/fetched"))
            #expect(contents(place.folder + "/fetched") == contents(path))
        }
        let sources = try await place.repository.recoverySources(of: place.system)
        #expect(sources.inventory.histories == [2])
        #expect(sources.lines.first { $0.timeline == 2 }?.ancestors == [.init(timeline: 1, end: try #require(WALPosition("0/310000")))])
    }

    @Test("on a full disk a push fails and leaves nothing that counts; with room again it succeeds", .enabled(if: TemporaryDisk.isPossible))
    func full() async throws {
        let folder = try TemporaryFolder.make()
        try await TemporaryDisk.with(folder + "/repository", bytes: 4 << 20) { disk in
            let place = try await LogPlace.make(in: folder)
            let path = try place.write(place.segment(3))
            try disk.fill()
            await #expect(throws: ArchiveError.self) { try await place.push(path) }
            disk.free()
            #expect(
                try await !place.repository.fetch(
                    .segment(place.segment(3)), of: place.system, with: [place.identity], to: place.folder + "/fetched"))
            #expect(try await place.push(path) == .sent)
            #expect(
                try await place.repository.fetch(
                    .segment(place.segment(3)), of: place.system, with: [place.identity], to: place.folder + "/fetched"))
        }
    }
}
