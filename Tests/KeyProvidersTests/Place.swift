import Foundation
import KeyProviders
import Sealing
import TestPostgres
import Vocabulary

/// Where the keys of one test are; each opening is a provider of its own, as another process would have it.
struct Place: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case file
    }

    let kind: Kind
    private let opening: @Sendable () async throws -> any KeyProvider

    /// The kinds whose tools are on this machine.
    static let kinds: [Kind] = Kind.allCases

    static func make(_ kind: Kind) async throws -> Place {
        switch kind {
        case .file:
            let keys = try KeysFolder()
            return Place(kind: kind) { try await keys.open(isFresh: true) }
        }
    }

    private init(kind: Kind, opening: @escaping @Sendable () async throws -> any KeyProvider) {
        self.kind = kind
        self.opening = opening
    }

    func open() async throws -> any KeyProvider { try await opening() }

    var description: String { kind.rawValue }
}

extension WrappingKeyName {
    static func make(epoch: Int32 = 1, generation: Int32 = 0) -> WrappingKeyName {
        WrappingKeyName(tenant: TenantID(UUIDv7.make()), epoch: epoch, generation: generation)
    }
}

extension SymmetricKey {
    var copiedBytes: [UInt8] { withBytes { Array($0) } }
}
