import DataFormats
import Sealing
package import Vocabulary

/// What a link carries: the tenant that it is a link of, and 256 random bits. Whoever has it reads the person's mail.
package struct ConsentToken: Sendable, CustomStringConvertible, CustomReflectable {
    package let tenant: TenantID
    private let secret: [UInt8]

    static func make(for tenant: TenantID) -> ConsentToken {
        ConsentToken(tenant: tenant, secret: SymmetricKey.random().withBytes { Array($0) })
    }

    private init(tenant: TenantID, secret: [UInt8]) {
        self.tenant = tenant
        self.secret = secret
    }

    /// Reads the last segment of a link; says nothing of whether anybody was sent it.
    package init?(_ text: String) {
        guard text.utf8.count == 64, let bytes = Base64URL.decode(text), bytes.count == 48, let tenant = UUIDv7(bytes: bytes[0..<16]) else {
            return nil
        }
        self.init(tenant: TenantID(tenant), secret: Array(bytes[16...]))
    }

    /// For the one place where it shows: the link in the message.
    var revealed: String { Base64URL.encode(tenant.uuid.bytes + secret) }

    /// What the store knows it by.
    func code(under key: SymmetricKey) -> [UInt8] {
        key.withBytes { HMACSHA256.authenticate(Array("consent\0".utf8) + tenant.uuid.bytes + secret, key: $0) }
    }

    package var description: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
