import Archives
import Foundation
import Sealing
import Testing

struct WALFetchTests {
    private func fetch(_ place: LogPlace, _ number: UInt64, with identity: AgeIdentity? = nil) async throws -> Bool {
        try await place.repository.fetch(
            .segment(place.segment(number)), of: place.system, with: [identity ?? place.identity], to: place.folder + "/fetched")
    }

    private func isWritten(_ place: LogPlace) -> Bool {
        ["/fetched", "/fetched.unfinished"].contains { FileManager.default.fileExists(atPath: place.folder + $0) }
    }

    @Test("behind the last segment the log ends; where a later one is there, it has a gap")
    func ends() async throws {
        let place = try await LogPlace.make()
        for number in [3, 5] { _ = try await place.push(try place.write(place.segment(UInt64(number)))) }
        #expect(try await !fetch(place, 6))
        let error = await #expect(throws: ArchiveError.self) { try await fetch(place, 4) }
        #expect(error == .gap("000000010000000000000004"))
        #expect(!isWritten(place))
    }

    @Test("a flipped bit anywhere in a segment or its statement is found, and nothing is written", arguments: ["age", "json"])
    func flipped(ending: String) async throws {
        let place = try await LogPlace.make()
        _ = try await place.push(try place.write(place.segment(3)))
        let folder = place.objects + "/00000001"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(ending) })
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
        for position in stride(from: 0, to: whole.count, by: max(1, whole.count / 24)) {
            var bytes = whole
            bytes[position] ^= 0x01
            try bytes.write(to: URL(fileURLWithPath: folder + "/" + name))
            await #expect(throws: ArchiveError.self, "\(position)") { try await fetch(place, 3) }
            #expect(!isWritten(place))
        }
        // The control: it was the bits.
        try whole.write(to: URL(fileURLWithPath: folder + "/" + name))
        #expect(try await fetch(place, 3))
    }

    @Test("a segment whose object is gone or cut short is damage, and not the end of the log")
    func gone() async throws {
        let place = try await LogPlace.make()
        _ = try await place.push(try place.write(place.segment(3)))
        let folder = place.objects + "/00000001"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix("age") })
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
        try whole.dropLast().write(to: URL(fileURLWithPath: folder + "/" + name))
        await #expect(throws: ArchiveError.self) { try await fetch(place, 3) }
        try FileManager.default.removeItem(atPath: folder + "/" + name)
        await #expect(throws: ArchiveError.self) { try await fetch(place, 3) }
        #expect(!isWritten(place))
    }

    @Test("somebody else's identity opens nothing")
    func stranger() async throws {
        let place = try await LogPlace.make()
        _ = try await place.push(try place.write(place.segment(3)))
        await #expect(throws: ArchiveError.self) { try await fetch(place, 3, with: .make()) }
        #expect(!isWritten(place))
    }

    @Test("one segment put in the place of another does not pass for it")
    func exchanged() async throws {
        let place = try await LogPlace.make()
        for number in [3, 4] { _ = try await place.push(try place.write(place.segment(UInt64(number)))) }
        let folder = place.objects + "/00000001/"
        let third = try Data(contentsOf: URL(fileURLWithPath: folder + "000000010000000000000003.json"))
        try third.write(to: URL(fileURLWithPath: folder + "000000010000000000000004.json"))
        await #expect(throws: ArchiveError.self) { try await fetch(place, 4) }
    }
}
