import Foundation
import TestPostgres
import TestAuthority
import Testing
import TransparencyLog

@testable import Witnesses

/// What is particular to a folder.
struct FileWitnessTests {
    private let log = TestLog()
    private let folder: String
    private let witness: FileWitness

    init() throws {
        folder = try TemporaryFolder.make()
        witness = FileWitness(name: "archive", folder: folder)
    }

    private var file: String { "\(folder)/\(log.origin.tenant)-1.checkpoint" }
    private func kept() throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

    @Test func `the folder has the newest note, readable by all, and nothing half-written`() async throws {
        for size in [1, 5, 9] { try await log.show(size, to: witness, lastSize: 0) }
        #expect(try kept() == log.checkpoint(9).note)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["\(log.origin.tenant)-1.checkpoint", "witness.lock"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(try mode == 0o644 & ~currentMask())
        // Anybody with the log's key can verify it.
        #expect(try SignedCheckpoint(verifying: Array(kept().utf8), key: log.noteKey).head == log.head(9))
    }

    @Test func `what is kept stays when the log is refused`() async throws {
        try await log.show(8, to: witness, lastSize: 0)
        let before = try kept()
        for (log, size) in [(log, 5), (TestLog(forkedAt: 3), 8), (TestLog(forkedAt: 3), 12)] {
            await refused(WitnessError(.conflict, size: 8)) { try await log.show(size, to: witness, lastSize: size) }
        }
        #expect(try kept() == before)
    }

    @Test func `another gateway with the same folder is heeded`() async throws {
        try await log.show(8, to: FileWitness(name: "other", folder: folder), lastSize: 0)
        await refused(WitnessError(.conflict, size: 8)) { try await log.show(7, to: witness, lastSize: 7) }
        try await log.show(9, to: witness, lastSize: 0)
    }

    @Test func `gateways that come at the same time leave the greatest size`() async throws {
        let witnesses = (0..<4).map { FileWitness(name: "gateway-\($0)", folder: folder) }
        await withTaskGroup(of: Void.self) { group in
            for size in 1...40 {
                group.addTask {
                    do {
                        try await log.show(size, to: witnesses[size % 4], lastSize: 0)
                    } catch {
                        // Those who come late have less than the folder.
                        #expect((error as? WitnessError)?.code == .conflict)
                    }
                }
            }
        }
        #expect(try kept() == log.checkpoint(40).note)
    }

    @Test func `a folder that is missing is not made`() async throws {
        let witness = FileWitness(name: "archive", folder: folder + "/mount")
        await refused(WitnessError(.unwritable)) { try await log.show(1, to: witness, lastSize: 0) }
        #expect(!FileManager.default.fileExists(atPath: folder + "/mount"))
    }

    @Test func `a file that is no checkpoint is not written over`() async throws {
        for text in ["", "hello\n", String(repeating: "x", count: 1 << 20), try log.checkpoint(5).text] {
            try Data(text.utf8).write(to: URL(filePath: file))
            await refused(WitnessError(.malformed)) { try await log.show(9, to: witness, lastSize: 0) }
            #expect(try kept() == text)
        }
    }

    @Test func `a file of a log of another name is not written over`() async throws {
        let other = LogOrigin(name: "elsewhere.example.com", tenant: log.origin.tenant, epoch: 1)
        let note = try SignedCheckpoint.sign(log.head(3), of: other, with: TestKey.of(1)).note
        try Data(note.utf8).write(to: URL(filePath: file))
        await refused(WitnessError(.refused)) { try await log.show(9, to: witness, lastSize: 0) }
        #expect(try kept() == note)
    }

    @Test func `a link in the place of the file is not followed`() async throws {
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: folder + "/elsewhere")
        await refused(WitnessError(.unwritable)) { try await log.show(9, to: witness, lastSize: 0) }
        #expect(!FileManager.default.fileExists(atPath: folder + "/elsewhere"))
    }

    /// Asked of the system: umask(2) cannot be read without setting it for all threads.
    private func currentMask() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Umask:") })
        return try #require(Int(line.dropFirst(6).trimmingCharacters(in: .whitespaces), radix: 8))
    }
}
