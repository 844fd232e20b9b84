import Archives
import Foundation
import Sealing
import TestPostgres
import Testing

struct ArchiveReaderTests {
    /// An archive of a few chunks in a folder's repository.
    private struct Site {
        let medium: DirectoryMedium
        let archive: SealedArchive
        let plain: [UInt8]
        let identity = AgeIdentity.make()

        init(count: Int) async throws {
            let folder = try TemporaryFolder.make()
            medium = try await DirectoryMedium.open(folder + "/repository", making: true)
            plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
            let pipe = Pipe()
            let (writer, bytes) = (pipe.fileHandleForWriting, Data(plain))
            let feeding = Task.detached {
                try writer.write(contentsOf: bytes)
                try writer.close()
            }
            let draft = medium.drafts + "/one"
            archive = try await ArchiveWriter().seal(
                pipe.fileHandleForReading.fileDescriptor, into: draft, for: [identity.recipient, AgeIdentity.make().recipient],
                key: "backups/20260131t235959z-abcd/store.1.age"
            ) { _ in }
            try await feeding.value
            try await medium.publish(draft, at: archive.key) { _ in }
        }

        func opened(_ archive: SealedArchive? = nil, with identities: [AgeIdentity]? = nil) async throws -> [UInt8] {
            var opened: [UInt8] = []
            try await ArchiveReader(medium, archive ?? self.archive).open(with: identities ?? [identity]) { opened += $0 }
            return opened
        }

        var bytes: [UInt8] {
            get async throws { try await medium.readAll(archive.key, limit: 64 << 20) }
        }
    }

    @Test("an archive that rests in a repository opens to what was sealed", arguments: [0, 1, 1 << 20, 9_000_000])
    func opens(count: Int) async throws {
        let site = try await Site(count: count)
        try await ArchiveReader(site.medium, site.archive).check()
        #expect(try await site.opened() == site.plain)
    }

    @Test("a bit that flipped anywhere is found, with and without an identity, and nothing behind it is lent")
    func flippedBits() async throws {
        let site = try await Site(count: 200_000)
        let bytes = try await site.bytes
        var positions = Array(0..<site.archive.header.byteCount + 20)
        positions += stride(from: positions.count, to: bytes.count, by: 997)
        positions.append(bytes.count - 1)
        for position in positions {
            var changed = bytes
            changed[position] ^= 1 << UInt8(position % 8)
            try await site.medium.put(changed, at: site.archive.key, ifAbsent: false)
            await #expect(throws: ArchiveError.self) { try await ArchiveReader(site.medium, site.archive).check() }
            var lent: [UInt8] = []
            await #expect(throws: ArchiveError.self) { try await ArchiveReader(site.medium, site.archive).open(with: [site.identity]) { lent += $0 } }
            #expect(site.plain.starts(with: lent))
        }
    }

    @Test("one that was cut short, goes on behind its end, or is gone is damaged, and named")
    func lengths() async throws {
        let site = try await Site(count: 200_000)
        let bytes = try await site.bytes
        for changed in [Array(bytes.dropLast()), Array(bytes.prefix(100)), [], bytes + [0]] {
            try await site.medium.put(changed, at: site.archive.key, ifAbsent: false)
            for identities in [[], [site.identity]] {
                let error = await #expect(throws: ArchiveError.self) {
                    if identities.isEmpty { try await ArchiveReader(site.medium, site.archive).check() } else { _ = try await site.opened() }
                }
                guard case .damaged(site.archive.key, _)? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
        try await site.medium.remove([site.archive.key])
        await #expect(throws: ArchiveError.damaged(site.archive.key, "it is missing")) { try await ArchiveReader(site.medium, site.archive).check() }
    }

    @Test("whoever has no identity of its recipients learns that, and nothing else")
    func strangers() async throws {
        let site = try await Site(count: 10)
        await #expect(throws: ArchiveError.sealed(site.archive.key, .identityMissing)) { _ = try await site.opened(with: [AgeIdentity.make()]) }
    }
}
