import Archives
import DataFormats
import Foundation
import Sealing
import SubjectRights
import TestPostgres
import Testing
import Vocabulary

/// A check reads everything there is, and names each thing that is not as it was signed.
struct RepositoryCheckTests {
    /// A repository with one of everything.
    private struct Stage {
        let place: LogPlace
        let backup: BackupID
        var folder: String { place.folder + "/repository" }

        static func make() async throws -> Stage {
            let place = try await LogPlace.make()
            let ledger = ErasureLedger(place.repository, recipients: place.recipients)
            for _ in 1...3 { try await ledger.append(ErasureBatch(people: [.init(SubjectID(.make()), at: .now())]), of: TenantID(.make())) }
            let backup = BackupID.make(at: .now())
            for kind in [BackupManifest.Kind.vault, .snapshot] {
                let (manifest, draft) = try await archive(place, backup, kind)
                if kind == .vault {
                    try await place.repository.replaceVault(manifest, from: draft) { _ in }
                } else {
                    try await place.repository.publish(manifest, from: draft) { _ in }
                }
            }
            for number in [3, 4] as [UInt64] { _ = try await place.push(try place.write(place.segment(number))) }
            return Stage(place: place, backup: backup)
        }

        private static func archive(
            _ place: LogPlace, _ id: BackupID, _ kind: BackupManifest.Kind
        ) async throws -> (BackupManifest, draft: String) {
            let source = place.folder + "/dump"
            try Data(repeating: 7, count: 300_000).write(to: URL(fileURLWithPath: source))
            let dump = try FileHandle(forReadingFrom: URL(fileURLWithPath: source))
            let draft = place.repository.medium.drafts + "/\(kind.rawValue)"
            let archive = try await ArchiveWriter().seal(
                dump.fileDescriptor, into: draft, for: place.recipients,
                key: RepositoryLayout.archive(of: id, kind: kind, generation: 1)
            ) { _ in }
            try dump.close()
            let manifest = BackupManifest(
                id: id, kind: kind, label: nil, begunAt: .now(), endedAt: .now(), archive: archive, tables: [], tenants: [], schema: "", catalog: "",
                ledger: 3, recipients: place.recipients.map { "\($0)" }, server: 150_000)
            return (manifest, draft)
        }

        func check(opening: Bool = true) async throws -> (findings: [RepositoryCheck.Finding], leftovers: [String], entries: Int, files: Int) {
            var check = RepositoryCheck(place.repository, identities: opening ? [place.identity] : []) { _, _, _ in }
            try await check.run([])
            return (check.findings, check.leftovers, check.entryCount, check.logFileCount)
        }

        /// Every object, but what only tells that this is a repository.
        var objects: [String] {
            get throws {
                try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter { name in
                    (name.hasSuffix(".json") || name.hasSuffix(".age")) && name != "gatehouse.json" && !name.hasPrefix(".")
                }
            }
        }

        /// Changes an object for as long as the body runs.
        func without<Value>(_ name: String, flipping: Bool, _ body: () async throws -> Value) async throws -> Value {
            let path = folder + "/" + name
            let bytes = try #require(FileManager.default.contents(atPath: path))
            if flipping {
                var changed = bytes
                // In the middle: of a statement that is in what is signed, of an archive in what is sealed.
                changed[changed.count / 2] ^= 1
                try changed.write(to: URL(fileURLWithPath: path))
            } else {
                try FileManager.default.removeItem(atPath: path)
            }
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            try bytes.write(to: URL(fileURLWithPath: path))
            return try outcome.get()
        }
    }

    @Test("what is as it was signed is read to its end, and nothing is found", arguments: [true, false])
    func sound(opening: Bool) async throws {
        let stage = try await Stage.make()
        let outcome = try await stage.check(opening: opening)
        #expect(outcome.findings.isEmpty && outcome.leftovers.isEmpty, "\(outcome)")
        #expect(outcome.entries == 3 && outcome.files == 2)
        #expect(try stage.objects.count == 12)
    }

    @Test("a flipped bit is found in an object of each kind, and named; with and without an identity", arguments: [true, false])
    func flipped(opening: Bool) async throws {
        let stage = try await Stage.make()
        for name in try stage.objects {
            let outcome = try await stage.without(name, flipping: true) { try await stage.check(opening: opening) }
            #expect(outcome.findings.map(\.key) == [name], "\(name): \(outcome.findings)")
            #expect(outcome.leftovers.isEmpty, "\(name): \(outcome.leftovers)")
        }
        #expect(try await stage.check(opening: opening).findings.isEmpty)
    }

    @Test("an archive, an entry of the ledger or a statement that was removed is named, or what it told of is")
    func removed() async throws {
        let stage = try await Stage.make()
        for name in try stage.objects {
            let outcome = try await stage.without(name, flipping: false) { try await stage.check() }
            let named = Set(outcome.findings.map(\.key) + outcome.leftovers)
            let beside = (name as NSString).deletingLastPathComponent + "/"
            #expect(named.contains(name) || outcome.leftovers.contains { $0.hasPrefix(beside) }, "\(name): \(outcome)")
        }
        // From the end, too: a manifest has named its number.
        let last = try await stage.without("erasures/000000000003.json", flipping: false) { try await stage.check() }
        #expect(last.findings.map(\.key) == ["erasures/000000000003.json"])
        let middle = try await stage.without("erasures/000000000002.json", flipping: false) { try await stage.check(opening: false) }
        #expect(middle.findings.map(\.key) == ["erasures/000000000002.json"] && middle.entries == 2)
    }

    @Test("backups without the vault's state, and a log whose acceptance is gone, are damage and not leftovers")
    func headless() async throws {
        let stage = try await Stage.make()
        for name in ["vault/manifest.json", "wal/\(stage.place.system)/accepted.json"] {
            let outcome = try await stage.without(name, flipping: false) { try await stage.check() }
            #expect(outcome.findings.map(\.key) == [name], "\(name): \(outcome.findings)")
        }
    }

    @Test("an entry that was put in the place of another is found")
    func exchanged() async throws {
        let stage = try await Stage.make()
        let erasures = stage.folder + "/erasures/"
        let outcome = try await stage.without("erasures/000000000002.json", flipping: false) {
            try FileManager.default.copyItem(atPath: erasures + "000000000001.json", toPath: erasures + "000000000002.json")
            return try await stage.check(opening: false)
        }
        #expect(outcome.findings.map(\.key) == ["erasures/000000000002.json"], "\(outcome.findings)")
    }

    @Test("what belongs to nothing is named and is no damage; while somebody makes a backup, what it has begun is not")
    func leftovers() async throws {
        let stage = try await Stage.make()
        let strays = ["backups/20260101t000000z-abcd/store.1.age", "notes.txt", "vault/20260101t000000z-abcd.1.age"]
        for name in strays {
            let path = stage.folder + "/" + name
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("stray".utf8).write(to: URL(fileURLWithPath: path))
        }
        let outcome = try await stage.check()
        #expect(outcome.findings.isEmpty && outcome.leftovers == strays, "\(outcome)")
        let meanwhile = try await stage.place.repository.withLock("writing", patience: .seconds(10), failing: { $0 as any Error }) {
            try await stage.check()
        }
        #expect(meanwhile.findings.isEmpty && meanwhile.leftovers == ["notes.txt"], "\(meanwhile)")
    }
}
