import Archives
import Foundation
import Sealing
import TestPostgres
import Testing

struct SealedDraftTests {
    /// Lends a folder, and the descriptor of a pipe that brings these bytes.
    private func sealed(_ bytes: [UInt8], in folder: String, for recipients: [AgeRecipient]) async throws -> SealedArchive {
        let pipe = Pipe()
        let writer = pipe.fileHandleForWriting
        let task = Task.detached {
            try writer.write(contentsOf: Data(bytes))
            try writer.close()
        }
        let archive = try await ArchiveWriter().seal(
            pipe.fileHandleForReading.fileDescriptor, into: folder + "/draft", for: recipients, key: "backups/x/store.1.age"
        ) { _ in }
        try await task.value
        return archive
    }

    @Test("a sealed stream opens with each identity, and header and payload are as they were told", arguments: [0, 1, 65_536, 1 << 20, 3_000_000])
    func roundTrip(count: Int) async throws {
        let folder = try TemporaryFolder.make()
        let identities = [AgeIdentity.make(), AgeIdentity.make()]
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { index in index % 3 == 0 ? UInt8.random(in: 0...255, using: &generator) : 0x41 }
        let archive = try await sealed(bytes, in: folder, for: identities.map(\.recipient))
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/draft")))
        #expect(archive.byteCount == file.count)
        #expect(archive.plainByteCount == count)
        #expect(SHA256.hash(Array(file[..<archive.header.byteCount])) == archive.header.digest)
        #expect(SHA256.hash(Array(file[archive.header.byteCount...])) == archive.payload.digest)
        #expect(String(decoding: file[..<archive.header.byteCount], as: UTF8.self).hasSuffix("\n"))
        for identity in identities {
            let compressed = try AgeFile.open(file, with: [identity])
            try Data(compressed).write(to: URL(fileURLWithPath: folder + "/plain.zst"))
            let opened = try await Program.run(["zstd", "-dqf", folder + "/plain.zst", "-o", folder + "/plain"])
            #expect(opened.status == 0, "\(opened.errors)")
            #expect(Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/plain"))) == bytes)
        }
    }
}
