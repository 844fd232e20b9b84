import AuditTrail
import Foundation
import TestPostgres
import Testing

/// A folder for the spool of one test, and what a crash or a bad disk would do to the files in it.
struct SpoolPlace {
    let folder: String

    init() throws { folder = try TemporaryFolder.make() + "/spool" }

    func open(capacity: Int = 1 << 20, segmentByteCount: Int = 256 << 10) async throws -> AuditSpool {
        // A child of another test may hold what was open when it was made, until it has become its program.
        for _ in 0..<200 {
            do throws(SpoolError) {
                return try await AuditSpool.open(folder: folder, capacity: capacity, segmentByteCount: segmentByteCount)
            } catch {
                guard error == .inUse else { throw error }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await AuditSpool.open(folder: folder, capacity: capacity, segmentByteCount: segmentByteCount)
    }

    /// What a spool has, put in by one that is closed again.
    func fill(_ batches: [[[UInt8]]], segmentByteCount: Int = 256 << 10) async throws {
        let spool = try await open(segmentByteCount: segmentByteCount)
        for batch in batches { try await spool.append(batch) }
        await spool.close()
    }

    func names(_ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }.sorted()
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder + "/" + name))) }
    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: folder + "/" + name)) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: folder + "/" + name) }

    /// Makes the folder as it was: exactly these files.
    func reset(_ files: [String: [UInt8]]) throws {
        for name in try names("") { try remove(name) }
        for (name, bytes) in files { try write(name, bytes) }
    }
}

extension AuditSpool {
    /// All frames in order, discarded.
    func drain() async throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let batch = try next() {
            frames += batch.frames
            try discard(batch.token)
        }
        return frames
    }
}

/// `count` frames that differ from each other and from those of other kinds.
func frames(_ kind: String, _ count: Int, length: Int = 0) -> [[UInt8]] {
    (0..<count).map { Array("\(kind) \($0) ".utf8) + [UInt8](repeating: UInt8($0 & 0xFF), count: length) }
}

/// Expects one of the spool's errors.
func refused(_ expected: SpoolError, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async {
    let error = await #expect(throws: SpoolError.self, sourceLocation: location) { try await body() }
    #expect(error == expected, sourceLocation: location)
}
