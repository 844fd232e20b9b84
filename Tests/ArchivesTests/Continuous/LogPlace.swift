import Archives
import DurableFiles
import Foundation
import Sealing
import SubjectRights
import TestPostgres
import Vocabulary

/// A repository in a folder, and the folder of a cluster that never ran, whose segments are made here.
struct LogPlace: Sendable {
    let folder: String
    let repository: ArchiveRepository
    let identity = AgeIdentity.make()
    let offline = AgeIdentity.make()
    let system = "7123456789012345678"

    var recipients: [AgeRecipient] { [identity.recipient, offline.recipient] }
    let size: WALSegmentSize
    var objects: String { folder + "/repository/wal/" + system }

    /// - Parameter folder: where everything is; one of its own when not said.
    static func make(isAccepted: Bool = true, in folder: String? = nil) async throws -> LogPlace {
        let folder = if let folder { folder } else { try TemporaryFolder.make() }
        let medium = try await DirectoryMedium.open(folder + "/repository", making: true)
        let signer = DocumentSigner(name: "gatehouse.example/documents", key: SigningKey.make())
        let repository = try await ArchiveRepository.open(medium, signer: signer, makes: true)
        try FileManager.default.createDirectory(atPath: folder + "/data/pg_wal", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/data/global", withIntermediateDirectories: true)
        guard let size = WALSegmentSize(byteCount: 1 << 20) else { throw TestFailure("a megabyte is a size") }
        let place = LogPlace(folder: folder, repository: repository, size: size)
        try Data(bytes(UInt64(place.system) ?? 0)).write(to: URL(fileURLWithPath: folder + "/data/global/pg_control"))
        if isAccepted { try await repository.accept(WALAcceptance(system: place.system, size: place.size, acceptedAt: .now())) }
        return place
    }

    private init(folder: String, repository: ArchiveRepository, size: WALSegmentSize) {
        self.size = size
        self.folder = folder
        self.repository = repository
    }

    func segment(_ number: UInt64, timeline: UInt32 = 1) -> WALSegment { WALSegment(timeline: timeline, number: number, size: size) }

    /// Writes a segment of this content as PostgreSQL would have.
    @discardableResult
    func write(_ segment: WALSegment, filler: UInt8 = 0x41, ending: String = "") throws -> String {
        var content = [UInt8](repeating: filler, count: size.byteCount)
        var header: [UInt8] = [0x16, 0xD1, 0x06, 0] + Self.bytes(segment.timeline) + Self.bytes(segment.start(size).byte)
        header += [UInt8](repeating: 0, count: 8) + Self.bytes(UInt64(system) ?? 0)
        header += Self.bytes(UInt32(size.byteCount)) + Self.bytes(UInt32(8192))
        content.replaceSubrange(0..<header.count, with: header)
        return try write("\(segment)\(ending)", content)
    }

    func write(_ name: String, _ content: [UInt8]) throws -> String {
        let path = folder + "/data/pg_wal/" + name
        try Data(content).write(to: URL(fileURLWithPath: path))
        return path
    }

    func push(_ path: String) async throws -> ArchiveRepository.Push { try await repository.push(WALSource(path), for: recipients) }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}
