import Foundation
import KeyProviders
import Sealing
import TestPostgres
import Vocabulary

/// Where the keys of one test are; each opening is a provider of its own, as another process would have it.
struct Place: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case file
        case pkcs11
        case transit

        /// Whether the tools for it are on this machine.
        var isTestable: Bool {
            switch self {
            case .file: true
            case .pkcs11: TestTools.softHSM != nil
            case .transit: TestTools.openBao != nil
            }
        }
    }

    let kind: Kind
    private let opening: @Sendable () async throws -> any KeyProvider

    static let kinds: [Kind] = Kind.allCases.filter(\.isTestable)

    static func make(_ kind: Kind) async throws -> Place {
        switch kind {
        case .file:
            let keys = try KeysFolder()
            return Place(kind: kind) { try await keys.open(isFresh: true) }
        case .pkcs11:
            let token = try await SoftHSM.token()
            return Place(kind: kind) { try await token.open() }
        case .transit:
            let bao = try await OpenBao.shared()
            let engine = try await bao.engine()
            let token = try TokenFile(engine.token)
            return Place(kind: kind) { try await TransitKeyProvider.open(url: bao.url, mount: engine.mount, token: token.secret) }
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
