import Archives
import TestPostgres
import TestS3
import Testing

/// A medium of each kind, empty, for one test; each opening is one of its own, as another process would have it.
struct MediumPlace: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case directory
        case s3

        /// Whether the tools for it are on this machine.
        var isTestable: Bool { self == .directory || Moto.isInstalled }
    }

    static let kinds = Kind.allCases.filter(\.isTestable)

    let kind: Kind
    private let opening: @Sendable () async throws -> any ArchiveMedium

    static func make(_ kind: Kind) async throws -> MediumPlace {
        switch kind {
        case .directory:
            let path = try TemporaryFolder.make() + "/repository"
            return MediumPlace(kind: kind) { try await DirectoryMedium.open(path, making: true) }
        case .s3:
            let bucket = try await Bucket.make()
            return MediumPlace(kind: kind) { try await bucket.open() }
        }
    }

    func open() async throws -> any ArchiveMedium { try await opening() }
}

/// That a medium refuses, and how.
func refused(_ code: MediumError.Code, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void) async {
    let error = await #expect(throws: MediumError.self, sourceLocation: location) { try await body() }
    #expect(error?.code == code, sourceLocation: location)
}

extension ArchiveMedium {
    func put(_ text: String, at key: String, ifAbsent: Bool = false) async throws(MediumError) {
        try await put(Array(text.utf8), at: key, ifAbsent: ifAbsent)
    }

    func text(_ key: String) async throws(MediumError) -> String { String(decoding: try await readAll(key), as: UTF8.self) }

    func keys(_ prefix: String = "") async throws(MediumError) -> [String] { try await list(prefix).map(\.key) }
}
