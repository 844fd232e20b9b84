package import Sealing

/// Signing keys that are the same each time, by number.
package enum TestKey {
    package struct Unusable: Error {}

    package static func of(_ number: UInt8) throws -> SigningKey {
        guard let key = SigningKey(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))) else { throw Unusable() }
        return key
    }
}
